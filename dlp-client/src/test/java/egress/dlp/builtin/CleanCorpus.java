package egress.dlp.builtin;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Files that lie on a machine with tools installed: sources, documents, lock files, notebooks; drawn evenly by folder and kind. */
final class CleanCorpus {
    private static final int SMALLEST = 200;
    private static final int LARGEST = 512 * 1024;

    private static final Set<String> KINDS = Set.of(
            "c",
            "cc",
            "cfg",
            "cmake",
            "conf",
            "cpp",
            "css",
            "csv",
            "diff",
            "go",
            "h",
            "hpp",
            "htm",
            "html",
            "ini",
            "ipynb",
            "java",
            "js",
            "json",
            "kt",
            "lock",
            "lua",
            "md",
            "mjs",
            "mod",
            "patch",
            "php",
            "pl",
            "pm",
            "po",
            "properties",
            "proto",
            "py",
            "pyi",
            "rb",
            "rs",
            "rst",
            "sh",
            "sql",
            "sum",
            "svg",
            "tex",
            "toml",
            "ts",
            "tsv",
            "tsx",
            "txt",
            "xml",
            "yaml",
            "yml");

    private final long seed;
    private final Map<String, List<Found>> byDraw = new TreeMap<>();

    /** @param order where it stands among those that could be drawn, by its name and the seed */
    private record Found(String name, Path file, String entry, long order) {}

    /** A file's name and its bytes. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Item(String name, byte[] bytes) {}

    CleanCorpus(long seed) {
        this.seed = seed;
    }

    /** Adds what lies below the roots, which are parted as a class path is: folders, and archives. */
    CleanCorpus add(String roots) throws IOException {
        for (String root : roots.split(File.pathSeparator, -1)) {
            Path path = Path.of(root);
            if (Files.isDirectory(path)) {
                walk(path);
            } else if (Files.isRegularFile(path)) {
                archive(path);
            }
        }
        return this;
    }

    private void walk(Path root) throws IOException {
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (attributes.isRegularFile() && isOfSize(attributes.size())) {
                    found(root, root.relativize(file).toString(), file, "");
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException unreadable) {
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private void archive(Path file) throws IOException {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
                ZipEntry each = all.nextElement();
                if (!each.isDirectory() && isOfSize(each.getSize())) {
                    found(file, each.getName(), file, each.getName());
                }
            }
        }
    }

    private static boolean isOfSize(long size) {
        return size >= SMALLEST && size <= LARGEST;
    }

    private void found(Path root, String name, Path file, String entry) {
        int dot = name.lastIndexOf('.');
        String kind = name.substring(dot + 1).toLowerCase(Locale.ROOT);
        if (dot > 0 && KINDS.contains(kind)) {
            CRC32 order = new CRC32();
            order.update((seed + name).getBytes(StandardCharsets.UTF_8));
            byDraw.computeIfAbsent(root + "|" + kind, _ -> new ArrayList<>())
                    .add(new Found(name, file, entry, order.getValue()));
        }
    }

    /** So many of them at most, in turn of each root and kind; of files with the same content one. */
    List<Item> draw(int most) {
        List<List<Found>> all = new ArrayList<>(byDraw.values());
        all.forEach(each -> each.sort(Comparator.comparingLong(Found::order).thenComparing(Found::name)));
        List<Item> drawn = new ArrayList<>();
        Set<Integer> seen = new HashSet<>();
        for (int turn = 0; drawn.size() < most && !all.isEmpty(); turn++) {
            int at = turn;
            all.removeIf(each -> each.size() <= at);
            for (List<Found> each : all) {
                byte[] bytes = read(each.get(at));
                if (drawn.size() < most && bytes.length > 0 && seen.add(Arrays.hashCode(bytes))) {
                    drawn.add(new Item(each.get(at).name, bytes));
                }
            }
        }
        return drawn;
    }

    private static byte[] read(Found found) {
        try {
            if (found.entry.isEmpty()) {
                return Files.isReadable(found.file) ? Files.readAllBytes(found.file) : new byte[0];
            }
            try (ZipFile zip = new ZipFile(found.file.toFile())) {
                return zip.getInputStream(zip.getEntry(found.entry)).readAllBytes();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
