"""What a running stack shows: processes, sockets, logs, units and harmless requests; bounded, and no judgement."""
