-- Rows of the audit are added, and never changed or taken out: not by a mistake
-- of the program's, nor by a hand that does not know better.
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'rows of the audit are never changed');
END;
CREATE TRIGGER audit_is_not_taken_out BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'rows of the audit are never taken out');
END;
