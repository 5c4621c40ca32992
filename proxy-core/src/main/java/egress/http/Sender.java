package egress.http;

/** Who wrote a message. A caller's is parsed strictly; in an origin's, what a proxy may mend is mended. */
enum Sender {
    CALLER,
    ORIGIN
}
