"""What would an evaluation cost, before anything of it is asked or stored?"""
