package egress.http;

/**
 * Bounds of one head.
 *
 * @param maxTargetBytes request target; longer is 414
 * @param maxHeadBytes start line and fields together, also the trailer section; longer is 431
 * @param maxFields number of field lines; more is 431
 */
public record HeadLimits(int maxTargetBytes, int maxHeadBytes, int maxFields) {}
