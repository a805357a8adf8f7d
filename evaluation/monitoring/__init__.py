"""What do figures over time say of candidates: what crossed a threshold, what drifts, what is out of the ordinary?"""
