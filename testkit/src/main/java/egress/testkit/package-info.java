/**
 * The toolbox for tests of the whole proxy on real sockets.
 *
 * <ul>
 *   <li>{@link egress.testkit.TestCa} mints good and bad certificates.
 *   <li>{@link egress.testkit.origin.Origin} behaves, does what a path says and records every request; {@link egress.testkit.origin.HostileOrigin}
 *       does what a script says: {@link egress.testkit.origin.ConnectionFault}, {@link egress.testkit.origin.H1Fault},
 *       {@link egress.testkit.origin.H2Fault}, {@link egress.testkit.origin.H2FieldFault}, {@link egress.testkit.origin.H2Flood}.
 *   <li>{@link egress.testkit.client.RawClient} sends any bytes and reads strictly, {@link egress.testkit.client.H2Client} has streams and bare
 *       frames, {@link egress.testkit.Tool} runs real programs.
 *   <li>{@link egress.testkit.LeakCheckExtension} fails a class that leaks.
 * </ul>
 *
 * <p>Everything blocks, on virtual threads and plain sockets; only HPACK's decoder is Netty's. So the proxy's codecs are not judged
 * by themselves, and no tool here holds a buffer that could leak. Every wait is bounded and says what it waited for.
 */
@NullMarked
package egress.testkit;

import org.jspecify.annotations.NullMarked;
