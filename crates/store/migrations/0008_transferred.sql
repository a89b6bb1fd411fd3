-- A call that another endpoint took over is over for ours, although the customer goes on talking.

ALTER TABLE calls ADD COLUMN transferred INTEGER NOT NULL DEFAULT 0;
