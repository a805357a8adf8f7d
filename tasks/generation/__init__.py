"""Cases on their way to servers and back: shards, pools of servers, attempts, and who is given up."""
