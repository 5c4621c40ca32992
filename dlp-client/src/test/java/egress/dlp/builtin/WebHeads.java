package egress.dlp.builtin;

import egress.dlp.HeaderField;
import egress.dlp.ScanOptions;
import egress.dlp.ScanRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Heads as browsers, package managers and SDKs send them: cookies, identifiers of analytics, caches, traces, links with a signature. */
final class WebHeads {
    /** @param make a request of what is drawn */
    record Sort(String name, Function<RandomText, ScanRequest> make) {}

    private WebHeads() {}

    static List<Sort> sorts() {
        List<Sort> out = new ArrayList<>();
        browsers(out);
        analytics(out);
        signed(out);
        tools(out);
        return List.copyOf(out);
    }

    private static void browsers(List<Sort> out) {
        add(
                out,
                "cookies of a shop",
                "GET",
                "/p/<8:a-z>-<6:0-9>?color=<5:a-z>&utm_source=news&gclid=Cj0KCQ<70:A-Za-z0-9_->",
                "cookie",
                "_ga=GA1.2.<9:1-9>.17<8:0-9>; _gid=GA1.2.<9:1-9>.17<8:0-9>; _fbp=fb.1.17<11:0-9>.<10:1-9>; "
                        + "_gcl_au=1.1.<9:1-9>.17<8:0-9>; cto_bundle=<120:A-Za-z0-9_->; OptanonAlertBoxClosed=2026-01-1<1:0-9>T10:00:00.<3:0-9>Z; "
                        + "session-id=<3:1-9>-<7:0-9>-<7:0-9>; csrftoken=<64:A-Za-z0-9>",
                "referer",
                "https://www.example/search?q=<6:a-z>+<5:a-z>&sxsrf=<60:A-Za-z0-9_->:17<11:0-9>");
        add(
                out,
                "cookies of a forge",
                "GET",
                "/<7:a-z>/<9:a-z>/tree/main",
                "cookie",
                "_octo=GH1.1.<9:1-9>.17<8:0-9>; _device_id=<32:a-f0-9>; tz=Europe%2FBerlin; logged_in=no; "
                        + "_gh_sess=<200:A-Za-z0-9>%2B<20:A-Za-z0-9>%2F<60:A-Za-z0-9>--<16:A-Za-z0-9>--<22:A-Za-z0-9>%3D%3D",
                "if-none-match",
                "W/\"<32:a-f0-9>\"");
        add(
                out,
                "cookies of a framework",
                "GET",
                "/account",
                "cookie",
                "PHPSESSID=<26:a-z0-9>; JSESSIONID=<32:A-F0-9>.node<1:1-9>; ASP.NET_SessionId=<24:a-z0-9>; "
                        + "laravel_session=<180:A-Za-z0-9>; connect.sid=s%3A<32:A-Za-z0-9_->.<43:A-Za-z0-9>; XSRF-TOKEN=<40:A-Za-z0-9>; "
                        + "__cf_bm=<43:A-Za-z0-9_.>-17<8:0-9>-1.0.1.1-<86:A-Za-z0-9_.>; cf_clearance=<43:A-Za-z0-9_.>-17<8:0-9>-1.2.1.1-<300:A-Za-z0-9_.>");
        add(
                out,
                "consent and tests",
                "GET",
                "/news/<20:a-z>-<7:0-9>.html",
                "cookie",
                "euconsent-v2=CQ<150:A-Za-z0-9_->.YAAAAAAAAAAA; ab.storage.deviceId.<8:a-f0-9>-<4:a-f0-9>-4<3:a-f0-9>-a<3:a-f0-9>-<12:a-f0-9>="
                        + "%7B%22g%22%3A%22<8:a-f0-9>-<4:a-f0-9>-4<3:a-f0-9>-b<3:a-f0-9>-<12:a-f0-9>%22%7D; optimizelyEndUserId=oeu17<11:0-9>r0.<16:0-9>");
        add(
                out,
                "bundle of a site",
                "GET",
                "/_next/static/chunks/<3:0-9>-<16:a-f0-9>.js?dpl=dpl_<28:A-Za-z0-9>",
                "if-none-match",
                "\"<32:a-f0-9>\"",
                "sec-ch-ua",
                "\"Chromium\";v=\"12<1:0-9>\", \"Not?A_Brand\";v=\"24\"");
        add(
                out,
                "image with its size",
                "GET",
                "/images/I/<11:A-Za-z0-9>._AC_UL<3:1-9>_SR<3:1-9>,<3:1-9>_.jpg?auto=webp&s=<40:a-f0-9>");
    }

    private static void analytics(List<Sort> out) {
        add(
                out,
                "page view",
                "GET",
                "/g/collect?v=2&tid=G-<10:A-Z0-9>&gtm=45je<20:a-z0-9>&_p=17<11:0-9>&cid=<9:1-9>.17<8:0-9>&ul=en-us&sr=1920x1080&_s=1&sid=17<8:0-9>"
                        + "&dl=https%3A%2F%2Fwww.example%2F<12:a-z>&dt=<8:a-z>%20<6:a-z>&en=page_view&_ee=1&tag_exp=10<7:0-9>~10<7:0-9>~10<7:0-9>");
        add(
                out,
                "pixel",
                "GET",
                "/tr/?id=<15:1-9>&ev=PageView&dl=https%3A%2F%2Fwww.example%2F&ts=17<11:0-9>&cd[content_ids]=%5B%22<10:A-Z0-9>%22%5D"
                        + "&sw=1920&sh=1080&v=2.9.<3:1-9>&r=stable&ec=0&o=4126&fbp=fb.1.17<11:0-9>.<18:0-9>&eid=<36:a-f0-9>&it=17<11:0-9>&coo=false&rqm=GET");
        add(
                out,
                "advert",
                "GET",
                "/pagead/ads?client=ca-pub-<16:0-9>&output=html&adk=<10:1-9>&lmt=17<8:0-9>&plat=1%3A<8:0-9>%2C2%3A<8:0-9>"
                        + "&format=0x0&url=https%3A%2F%2Fwww.example%2F&dt=17<11:0-9>&bpp=<2:1-9>&cookie=ID%3D<16:a-f0-9>%3AT%3D17<8:0-9>%3ART%3D17<8:0-9>%3AS%3DALNI_M<26:A-Za-z0-9_->");
        add(
                out,
                "errors",
                "POST",
                "/api/<16:0-9>/envelope/?sentry_version=7&sentry_key=<32:a-f0-9>&sentry_client=sentry.javascript.browser%2F8.<2:1-9>.0",
                "sentry-trace",
                "<32:a-f0-9>-<16:a-f0-9>-1",
                "baggage",
                "sentry-trace_id=<32:a-f0-9>,sentry-release=<40:a-f0-9>");
        add(
                out,
                "events",
                "POST",
                "/e/?ip=1&_=17<11:0-9>&ver=1.1<2:0-9>.0&compression=gzip-js",
                "x-amzn-trace-id",
                "Root=1-<8:a-f0-9>-<24:a-f0-9>;Sampled=0");
        add(
                out,
                "video",
                "GET",
                "/videoplayback?expire=17<8:0-9>&ei=<22:A-Za-z0-9_->&id=o-A<43:A-Za-z0-9_->&itag=251&source=youtube&requiressl=yes"
                        + "&xpc=EgVo2aDSNQ%3D%3D&mm=31%2C29&mn=sn-<8:a-z0-9>&ms=au%2Crdu&bui=A<50:A-Za-z0-9_->&spc=<30:A-Za-z0-9_->&vprv=1&mime=audio%2Fwebm"
                        + "&ns=<22:A-Za-z0-9_->&rqh=1&gir=yes&clen=<7:1-9>&dur=213.<3:0-9>&lmt=17<14:0-9>&sig=AJf<90:A-Za-z0-9_->%3D&lsig=AGluJ3<70:A-Za-z0-9_->%3D%3D");
    }

    private static void signed(List<Sort> out) {
        add(
                out,
                "S3 link",
                "GET",
                "/<36:a-f0-9>/<12:a-z>.tar.gz?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIA<16:A-Z2-7>%2F2026010<1:1-9>%2Feu-west-1%2Fs3%2Faws4_request"
                        + "&X-Amz-Date=2026010<1:1-9>T1<1:0-9>0000Z&X-Amz-Expires=300&X-Amz-SignedHeaders=host&X-Amz-Signature=<64:a-f0-9>&X-Amz-Security-Token=IQoJb3JpZ2lu<300:A-Za-z0-9>");
        add(
                out,
                "S3 link, the old form",
                "GET",
                "/<12:a-z>/<8:a-z>.bin?AWSAccessKeyId=AKIA<16:A-Z2-7>&Expires=17<8:0-9>&Signature=<27:A-Za-z0-9>%3D");
        add(
                out,
                "release download",
                "GET",
                "/github-production-release-asset/<9:1-9>/<8:a-f0-9>-<4:a-f0-9>-4<3:a-f0-9>-a<3:a-f0-9>-<12:a-f0-9>"
                        + "?sp=r&sv=2018-11-09&sr=b&spr=https&se=2026-01-0<1:1-9>T10%3A00%3A00Z&rscd=attachment%3B+filename%3D<8:a-z>.zip&rsct=application%2Foctet-stream"
                        + "&skoid=96c2d410-5711-43a1-aedd-ab1947aa7ab0&sktid=398a6654-997b-47e9-b12b-9515b896b4de&skt=2026-01-0<1:1-9>T09%3A00%3A00Z&ske=2026-01-0<1:1-9>T10%3A00%3A00Z"
                        + "&sks=b&skv=2018-11-09&sig=<43:A-Za-z0-9>%3D");
        add(
                out,
                "GCS link",
                "GET",
                "/<12:a-z>/<8:a-z>.whl?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=<8:a-z>%40<8:a-z>.iam.gserviceaccount.com%2F2026010<1:1-9>%2Fauto%2Fstorage%2Fgoog4_request"
                        + "&X-Goog-Date=2026010<1:1-9>T1<1:0-9>0000Z&X-Goog-Expires=3600&X-Goog-SignedHeaders=host&X-Goog-Signature=<512:a-f0-9>");
        add(
                out,
                "CloudFront link",
                "GET",
                "/<8:a-z>/<10:a-z>.mp4?Expires=17<8:0-9>&Signature=<340:A-Za-z0-9~->__&Key-Pair-Id=K<13:A-Z0-9>");
        add(
                out,
                "layer of an image",
                "GET",
                "/registry-v2/docker/registry/v2/blobs/sha256/<2:a-f0-9>/<64:a-f0-9>/data?Expires=17<8:0-9>&Signature=<340:A-Za-z0-9~->__&Key-Pair-Id=K<13:A-Z0-9>");
    }

    private static void tools(List<Sort> out) {
        add(
                out,
                "git objects",
                "GET",
                "/<7:a-z>/<9:a-z>.git/info/refs?service=git-upload-pack",
                "user-agent",
                "git/2.4<1:0-9>.1",
                "git-protocol",
                "version=2");
        add(out, "LFS object", "GET", "/<7:a-z>/<9:a-z>/<64:a-f0-9>", "accept", "application/vnd.git-lfs");
        add(
                out,
                "wheel",
                "GET",
                "/packages/<2:a-f0-9>/<2:a-f0-9>/<60:a-f0-9>/<9:a-z>-1.<1:0-9>.0-cp311-cp311-manylinux_2_17_x86_64.whl",
                "user-agent",
                "pip/24.0 {\"ci\":null,\"cpu\":\"x86_64\",\"distro\":{\"id\":\"bookworm\",\"libc\":{\"lib\":\"glibc\",\"version\":\"2.36\"},\"name\":\"Debian\"}}");
        add(
                out,
                "tarball",
                "GET",
                "/@<6:a-z>%2f<9:a-z>/-/<9:a-z>-<1:1-9>.0.1.tgz",
                "npm-command",
                "ci",
                "pacote-integrity",
                "sha512-<86:A-Za-z0-9+/>==");
        add(
                out,
                "call of a model",
                "POST",
                "/v1/messages?beta=true",
                "x-stainless-arch",
                "x64",
                "x-stainless-runtime-version",
                "3.11.7",
                "anthropic-version",
                "2023-06-01",
                "idempotency-key",
                "stainless-python-retry-<8:a-f0-9>-<4:a-f0-9>-4<3:a-f0-9>-a<3:a-f0-9>-<12:a-f0-9>",
                "traceparent",
                "00-<32:a-f0-9>-<16:a-f0-9>-01");
        add(
                out,
                "next page",
                "GET",
                "/repositories/<9:1-9>/issues?per_page=100&after=Y3Vyc29yOnYyOpLPAAABk<24:A-Za-z0-9>%3D&page=<1:1-9>",
                "if-none-match",
                "W/\"<64:a-f0-9>\"",
                "x-github-api-version",
                "2022-11-28");
        add(
                out,
                "ETags",
                "GET",
                "/<8:a-z>/<8:a-z>.json",
                "if-none-match",
                "\"<32:a-f0-9>-<2:1-9>\", \"<27:A-Za-z0-9+/>=\"",
                "if-modified-since",
                "Tue, 06 Jan 2026 10:00:00 GMT");
    }

    private static void add(List<Sort> out, String name, String method, String target, String... fields) {
        out.add(new Sort(name, text -> {
            List<HeaderField> head = new ArrayList<>();
            head.add(new HeaderField("accept", "*/*"));
            head.add(
                    new HeaderField(
                            "user-agent",
                            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36"));
            for (int i = 0; i < fields.length; i += 2) {
                head.add(new HeaderField(fields[i], text.t(fields[i + 1])));
            }
            return ScanRequest.head("www.example", method, text.t(target), head, ScanOptions.defaults());
        }));
    }
}
