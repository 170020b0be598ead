"""The promises of enuf, counted under load: `make soak` runs this package.

promises    a table: what happens to requests while servers are reloaded, killed and stopped
endurance   10^6 requests, PostgreSQL and streams among them, over 50 reloads; then the memory of each process
loading     apps whose import leaves connections and threads: right answers and wrong ones, by `workers.lazy`
"""
