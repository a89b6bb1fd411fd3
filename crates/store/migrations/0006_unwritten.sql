-- The journal is written after the commit. A process that dies in between leaves the lines here, and the next start writes
-- them: the journal has no gap.

ALTER TABLE lineage ADD COLUMN unwritten TEXT;              -- the last entry's line, and those that could not be written before
