import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.constant.ClassDesc;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes the jar of the image from the released one. Native libraries leave it: this platform's are unpacked, for a run time whose
 * temporary folder may hold no programs; those of others are dead weight. Classes of a format so old that an AOT cache refuses them
 * (before 50, Java 6) are written anew as of Java 8; nothing else about them changes.
 *
 * <p>Run from source: {@code java ImageJar.java RELEASED.jar IMAGE.jar LIBRARIES}.
 */
public final class ImageJar {
    private static final Pattern NATIVE = Pattern.compile(".*\\.(so|dll|dylib|jnilib)");

    /** The TLS library's name tells its platform; those of zstd and brotli have it in their folder. */
    private static final Pattern TLS = Pattern.compile("META-INF/native/(libnetty_tcnative_linux_(x86_64|aarch_64)\\.so)");

    private static final Pattern OTHER =
            Pattern.compile("(?:lib/)?linux[/-](amd64|x86_64|aarch64)/(lib(?:zstd-jni-|brotli)[^/]*\\.so)");

    private static final Map<String, Set<String>> NAMES =
            Map.of("amd64", Set.of("amd64", "x86_64"), "aarch64", Set.of("aarch64", "aarch_64"));

    private static final int MAJOR_OFFSET = 6;
    private static final long EPOCH = 1_767_225_600_000L;

    private ImageJar() {}

    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 3) {
            System.err.println("usage: java ImageJar.java RELEASED.jar IMAGE.jar LIBRARIES");
            System.exit(2);
        }
        Path libraries = Files.createDirectories(Path.of(arguments[2]));
        Set<String> here = NAMES.get(System.getProperty("os.arch"));
        if (here == null) {
            throw new IOException("os.arch: " + System.getProperty("os.arch") + " (expected: amd64 or aarch64)");
        }
        int unpacked = 0;
        int renewed = 0;
        try (JarFile released = new JarFile(arguments[0]);
                JarOutputStream image = new JarOutputStream(Files.newOutputStream(Path.of(arguments[1])))) {
            for (JarEntry entry : released.stream().toList()) {
                byte[] content = read(released, entry.getName());
                if (NATIVE.matcher(entry.getName()).matches()) {
                    unpacked += unpack(entry.getName(), content, here, libraries) ? 1 : 0;
                    continue;
                }
                if (isOld(entry.getName(), content)) {
                    content = renew(content, released);
                    renewed++;
                }
                JarEntry copy = new JarEntry(entry.getName());
                copy.setTime(EPOCH);
                image.putNextEntry(copy);
                image.write(content);
                image.closeEntry();
            }
        }
        System.out.println("image jar: " + unpacked + " libraries unpacked, " + renewed + " classes renewed");
    }

    private static byte[] read(JarFile jar, String name) throws IOException {
        try (InputStream in = jar.getInputStream(jar.getJarEntry(name))) {
            return in.readAllBytes();
        }
    }

    private static boolean unpack(String name, byte[] content, Set<String> here, Path libraries) throws IOException {
        Matcher tls = TLS.matcher(name);
        Matcher other = OTHER.matcher(name);
        String file = tls.matches() && here.contains(tls.group(2))
                ? tls.group(1)
                : other.matches() && here.contains(other.group(1)) ? other.group(2) : "";
        if (file.isEmpty()) {
            return false;
        }
        Files.write(libraries.resolve(file), content);
        return true;
    }

    private static boolean isOld(String name, byte[] content) {
        return name.endsWith(".class")
                && ByteBuffer.wrap(content).getShort(MAJOR_OFFSET) < ClassFile.JAVA_6_VERSION;
    }

    private static byte[] renew(byte[] content, JarFile released) {
        ClassHierarchyResolver hierarchy = ClassHierarchyResolver.ofResourceParsing(name -> open(name, released))
                .orElse(ClassHierarchyResolver.defaultResolver())
                .cached();
        ClassFile files =
                ClassFile.of(StackMapsOption.GENERATE_STACK_MAPS, ClassHierarchyResolverOption.of(hierarchy));
        ClassTransform newer = (builder, element) -> {
            if (element instanceof ClassFileVersion) {
                builder.withVersion(ClassFile.JAVA_8_VERSION, 0);
            } else {
                builder.with(element);
            }
        };
        return files.transformClass(
                files.parse(content), newer.andThen(ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL)));
    }

    private static InputStream open(ClassDesc type, JarFile released) {
        String descriptor = type.descriptorString();
        String name = descriptor.substring(1, descriptor.length() - 1) + ".class";
        try {
            return released.getJarEntry(name) == null ? null : new ByteArrayInputStream(read(released, name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
