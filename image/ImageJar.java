import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.ConstantPoolSharingOption;
import java.lang.classfile.ClassFile.DebugElementsOption;
import java.lang.classfile.ClassFile.LineNumbersOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.attribute.RuntimeInvisibleAnnotationsAttribute;
import java.lang.classfile.attribute.RuntimeInvisibleParameterAnnotationsAttribute;
import java.lang.classfile.attribute.RuntimeInvisibleTypeAnnotationsAttribute;
import java.lang.constant.ClassDesc;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.Deflater;

/**
 * Makes the jar of the image from the released one: the same program, and nothing that this run time on this platform cannot use.
 *
 * <ul>
 *   <li>Native libraries leave it: this platform's are unpacked, for a run time whose temporary folder may hold no programs; those
 *       of others are dead weight.
 *   <li>Of a class with versions for several Java releases, the one that this release would load stays.
 *   <li>Of the large libraries, the classes that {@link Reachable} finds stay.
 *   <li>Names of local variables and annotations that no program can read leave the classes, and the
 *       line numbers of libraries: a stack trace still names their methods, and the lines of our own.
 *   <li>Classes of a format so old that an AOT cache refuses them (before 50, Java 6) become those of Java 8.
 * </ul>
 *
 * <p>Run from source: {@code java ImageJar.java RELEASED.jar IMAGE.jar LIBRARIES}.
 */
public final class ImageJar {
    private static final Pattern NATIVE = Pattern.compile(".*\\.(so|dll|dylib|jnilib)");

    /** The TLS library's name tells its platform; those of zstd and brotli have it in their folder. */
    private static final Pattern TLS = Pattern.compile("META-INF/native/(libnetty_tcnative_linux_(x86_64|aarch_64)\\.so)");

    private static final Pattern OTHER =
            Pattern.compile("(?:lib/)?linux[/-](amd64|x86_64|aarch64)/(lib(?:zstd-jni-|brotli)[^/]*\\.so)");

    private static final Pattern VERSIONED = Pattern.compile("META-INF/versions/(\\d+)/(.+)");

    private static final Map<String, Set<String>> NAMES =
            Map.of("amd64", Set.of("amd64", "x86_64"), "aarch64", Set.of("aarch64", "aarch_64"));

    private static final String OURS = "egress/";
    private static final int MAJOR_OFFSET = 6;
    private static final long EPOCH = 1_767_225_600_000L;

    private final Map<String, byte[]> entries;
    private int renewed;
    private int asTheyWere;

    private ImageJar(Map<String, byte[]> entries) {
        this.entries = entries;
    }

    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 3) {
            System.err.println("usage: java ImageJar.java RELEASED.jar IMAGE.jar LIBRARIES");
            System.exit(2);
        }
        Map<String, byte[]> released = read(Path.of(arguments[0]));
        int unpacked = unpack(released, Files.createDirectories(Path.of(arguments[2])));
        Map<String, byte[]> entries = ofThisRelease(released);
        int all = entries.size();
        new Reachable(entries).drop();
        ImageJar jar = new ImageJar(entries);
        jar.write(Path.of(arguments[1]));
        System.out.printf(
                "image jar: %d libraries unpacked, %d of %d entries, %d classes renewed, %d left as they were%n",
                unpacked, entries.size(), all, jar.renewed, jar.asTheyWere);
    }

    private static Map<String, byte[]> read(Path jar) throws IOException {
        Map<String, byte[]> entries = new TreeMap<>();
        try (JarFile released = new JarFile(jar.toFile())) {
            for (JarEntry entry : released.stream().filter(entry -> !entry.isDirectory()).toList()) {
                try (InputStream in = released.getInputStream(entry)) {
                    entries.put(entry.getName(), in.readAllBytes());
                }
            }
        }
        return entries;
    }

    /** Takes the native libraries out of the entries, and writes those of this platform. */
    private static int unpack(Map<String, byte[]> entries, Path libraries) throws IOException {
        Set<String> here = NAMES.get(System.getProperty("os.arch"));
        if (here == null) {
            throw new IOException("os.arch: " + System.getProperty("os.arch") + " (expected: amd64 or aarch64)");
        }
        int unpacked = 0;
        for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
            Matcher tls = TLS.matcher(entry.getKey());
            Matcher other = OTHER.matcher(entry.getKey());
            if (tls.matches() && here.contains(tls.group(2))) {
                Files.write(libraries.resolve(tls.group(1)), entry.getValue());
                unpacked++;
            } else if (other.matches() && here.contains(other.group(1))) {
                Files.write(libraries.resolve(other.group(2)), entry.getValue());
                unpacked++;
            }
        }
        entries.keySet().removeIf(name -> NATIVE.matcher(name).matches());
        return unpacked;
    }

    /** The entries as this release of Java sees them (JAR File Specification, multi-release JAR files). */
    private static Map<String, byte[]> ofThisRelease(Map<String, byte[]> released) throws IOException {
        Map<String, byte[]> entries = new TreeMap<>();
        Map<String, Integer> versions = new TreeMap<>();
        for (Map.Entry<String, byte[]> entry : released.entrySet()) {
            Matcher versioned = VERSIONED.matcher(entry.getKey());
            String name = versioned.matches() ? versioned.group(2) : entry.getKey();
            int version = versioned.matches() ? Integer.parseInt(versioned.group(1)) : 0;
            if (version <= Runtime.version().feature() && version >= versions.getOrDefault(name, 0)) {
                versions.put(name, version);
                entries.put(name, entry.getValue());
            }
        }
        Manifest manifest = new Manifest(new ByteArrayInputStream(entries.get(JarFile.MANIFEST_NAME)));
        manifest.getMainAttributes().remove(Attributes.Name.MULTI_RELEASE);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        manifest.write(out);
        entries.put(JarFile.MANIFEST_NAME, out.toByteArray());
        return entries;
    }

    private void write(Path file) throws IOException {
        try (JarOutputStream image = new JarOutputStream(Files.newOutputStream(file))) {
            image.setLevel(Deflater.BEST_COMPRESSION);
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                byte[] content = entry.getValue();
                JarEntry copy = new JarEntry(entry.getKey());
                copy.setTime(EPOCH);
                image.putNextEntry(copy);
                image.write(entry.getKey().endsWith(".class") ? slim(content, entry.getKey().startsWith(OURS)) : content);
                image.closeEntry();
            }
        }
    }

    private byte[] slim(byte[] content, boolean lines) {
        boolean old = ByteBuffer.wrap(content).getShort(MAJOR_OFFSET) < ClassFile.JAVA_6_VERSION;
        ClassTransform smaller = ClassTransform.dropping(ImageJar::isInvisible)
                .andThen(ClassTransform.transformingMethods(MethodTransform.dropping(ImageJar::isInvisible)));
        ClassTransform newer = (builder, element) -> {
            if (element instanceof ClassFileVersion) {
                builder.withVersion(ClassFile.JAVA_8_VERSION, 0);
            } else {
                builder.with(element);
            }
        };
        ClassFile files = ClassFile.of(
                ConstantPoolSharingOption.NEW_POOL,
                DebugElementsOption.DROP_DEBUG,
                lines ? LineNumbersOption.PASS_LINE_NUMBERS : LineNumbersOption.DROP_LINE_NUMBERS,
                ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(this::open)
                        .orElse(ClassHierarchyResolver.defaultResolver())
                        .cached()));
        if (old) {
            renewed++;
            return files.transformClass(
                    files.parse(content),
                    smaller.andThen(newer).andThen(ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL)));
        }
        try {
            return files.transformClass(files.parse(content), smaller);
        } catch (IllegalArgumentException e) {
            // Its frames cannot be written anew without a class of a library that is not part of the program.
            asTheyWere++;
            return content;
        }
    }

    private static boolean isInvisible(Object element) {
        return element instanceof RuntimeInvisibleAnnotationsAttribute
                || element instanceof RuntimeInvisibleParameterAnnotationsAttribute
                || element instanceof RuntimeInvisibleTypeAnnotationsAttribute;
    }

    private InputStream open(ClassDesc type) {
        String descriptor = type.descriptorString();
        byte[] content = entries.get(descriptor.substring(1, descriptor.length() - 1) + ".class");
        return content == null ? null : new ByteArrayInputStream(content);
    }
}
