package egress.dlp.pipelock;

import egress.dlp.HeaderField;
import java.util.List;

/**
 * What pipelock answered.
 *
 * @param body read as UTF-8; empty when it was not asked for
 */
record HttpResponse(int status, List<HeaderField> fields, String body) {
    List<String> values(String name) {
        return Syntax.values(fields, name);
    }

    boolean isPlainText() {
        List<String> types = values("content-type");
        return types.size() == 1 && types.getFirst().regionMatches(true, 0, "text/plain", 0, 10);
    }
}
