package egress.dlp;

/** A field line as it came: name in its own case, value with each byte as one ISO-8859-1 character. */
public record HeaderField(String name, String value) {
    @Override
    public String toString() {
        return "HeaderField[" + name.length() + ", " + value.length() + "]";
    }
}
