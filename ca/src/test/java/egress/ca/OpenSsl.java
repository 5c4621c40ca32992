package egress.ca;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The openssl command line: encoder and verifier that share no code with ours. */
final class OpenSsl {
    record Result(int status, String output) {}

    private final Path directory;

    OpenSsl(Path directory) {
        this.directory = directory;
    }

    Result tryTo(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments));
        Path output = Files.createTempFile(directory, "openssl", ".out");
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        process.getOutputStream().close();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Result(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
    }

    String run(String... arguments) throws IOException, InterruptedException {
        Result result = tryTo(arguments);
        assertThat(result.status())
                .as(String.join(" ", arguments) + "\n" + result.output())
                .isZero();
        return result.output();
    }

    /** Makes a self-signed certificate for the key in a file. */
    Path selfSign(Path key, Path certificate, String... extensions) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of(
                "req",
                "-x509",
                "-new",
                "-key",
                key.toString(),
                "-out",
                certificate.toString(),
                "-subj",
                "/CN=Loaded CA"));
        arguments.addAll(List.of(
                "-days", "365", "-sha256", "-config", minimalConfiguration().toString()));
        for (String extension : extensions) {
            arguments.add("-addext");
            arguments.add(extension);
        }
        run(arguments.toArray(String[]::new));
        return certificate;
    }

    /** Without this the machine's own configuration adds extensions of its own. */
    Path minimalConfiguration() throws IOException {
        return Files.writeString(
                directory.resolve("openssl.cnf"), "[req]\ndistinguished_name=dn\nx509_extensions=none\n[dn]\n[none]\n");
    }
}
