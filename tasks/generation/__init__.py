"""Generation of answers: shards of cases, pools of servers, attempts, and when to give up."""
