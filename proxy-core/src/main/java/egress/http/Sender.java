package egress.http;

/** Who wrote a message: a caller's is taken strictly, of an origin's is mended what a proxy may mend. */
enum Sender {
    CALLER,
    ORIGIN
}
