-- Whether single keys do something on the pages (WCAG 2.1.4).
ALTER TABLE preferences ADD COLUMN shortcuts BOOLEAN NOT NULL DEFAULT TRUE;
