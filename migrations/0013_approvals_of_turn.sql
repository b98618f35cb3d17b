-- A turn that begins or goes is compared with the drafts that belong to it.
CREATE INDEX approvals_of_turn ON approvals (turn_id);
