"""Databases as an older liaison left them."""

import sqlite3

from reach import TOP, give

SCHEMA = sorted((TOP / "lib/store/schema").glob("*.sql"))


def write_database(path, version, rows):
    """Of a version of the schema, with so many letters from Ada, captured."""
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA application_id = 0x6c696169")
        for file in SCHEMA[:version]:
            db.executescript(file.read_text())
        db.execute(f"PRAGMA user_version = {version}")
        db.execute("INSERT INTO contact (no, type, name, name_fold, created, changed, interactions,"
                   " last_interaction, last_interaction_offset) VALUES ('C00001', 'person', 'Ada', 'ada', 1, 1, ?, ?, 0)",
                   (rows, rows))
        if db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'find_queue'").fetchone():
            db.execute("INSERT INTO find_queue (contact_id) VALUES (1)")
        db.execute("INSERT INTO source (name, kind) VALUES ('work', 'imap')")
        db.execute("INSERT INTO stream (source_id, folder, uidvalidity, cursor, anchor, low, backfill) VALUES"
                   " (1, 'INBOX', 7, ?, ?, 0, 'done')", (rows, rows))
        db.execute("INSERT INTO address (address) VALUES ('ada@x.example')")
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        for insert in (
                "INSERT INTO message (id, identity, at, offset_min, direction) SELECT i, CAST(printf('%016d', i) AS BLOB),"
                " i, 0, 'inbound' FROM n",
                "INSERT INTO party (message_id, place, role, address_id) SELECT i, 0, 'from', 1 FROM n",
                "INSERT INTO interaction (id, kind, status, direction, initiated_by, at, offset_min, subject, message_id,"
                " created, changed) SELECT i, 'email', 'recorded', 'inbound', 'them', i, 0, 'letter ' || i, i, i, i FROM n",
                "INSERT INTO interaction_contact (contact_id, at, interaction_id, role, via)"
                " SELECT 1, i, i, 'from', 'address' FROM n",
                "INSERT INTO ledger (stream_id, uid, at, decision, message_id, interaction_id)"
                " SELECT 1, i, i, 'captured', i, i FROM n"):
            db.execute(insert.replace(" SELECT", f" {numbers} SELECT", 1), (rows,))
    give(path)
