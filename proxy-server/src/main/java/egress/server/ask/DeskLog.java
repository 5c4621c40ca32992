package egress.server.ask;

/** Who makes known what happens at the desk. Called under its lock: only takes a note. */
interface DeskLog {
    /** Something is to be shown. */
    void changed();

    void grantsChanged();

    void ended(String id);

    void answered(Question question, String answer, String by, String why);

    void expired(Question question, String words);

    void used(Grants.Held grant);

    /** An answer that is none. */
    void refused(String id, String fault);

    /** Does something beside, without the desk's lock. */
    void later(Runnable action);
}
