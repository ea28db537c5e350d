//! The page that phones and browsers join with: its files, as they lie in this program.
//!
//! Pure: a request's line and headers in, an answer out. `build.rs` makes the files of `web/`
//! ready; each is there as it is and compressed, so that nothing is done twice. A request holds no
//! room words: those stand behind `#` in the link, which browsers do not send. What is no file of
//! the table is not there, however it is spelt: paths are compared, never followed.

#[cfg(test)]
mod served;

use axum::http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};

/// A file of the page.
#[derive(Debug)]
struct File {
    path: &'static str,
    media_type: &'static str,
    plain: Content,
    gzip: Content,
}

/// A file in one of its forms.
#[derive(Debug)]
struct Content {
    /// Another one whenever the bytes are others, in its quotes.
    tag: &'static str,
    bytes: &'static [u8],
}

/// How the page is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Over http.
    Plain,
    /// Over https.
    Secure,
}

/// What a request gets, whatever it asks for.
pub fn answer(
    method: &Method,
    path: &str,
    asked: &HeaderMap,
    scheme: Scheme,
) -> Response<&'static [u8]> {
    let found = FILES.binary_search_by(|file| file.path.cmp(path));
    let mut response = match found.map(|at| &FILES[at]) {
        Ok(file) if method == Method::GET || method == Method::HEAD => file.answer(asked),
        Ok(_) => {
            let mut response = short(StatusCode::METHOD_NOT_ALLOWED, "this can be read alone\n");
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            response
        }
        Err(_) => short(StatusCode::NOT_FOUND, "there is nothing here; the page is at /\n"),
    };
    guard(response.headers_mut(), scheme);
    response
}

/// Whether this answers with a file, or says that it is the same.
pub fn is_file<T>(response: &Response<T>) -> bool {
    matches!(response.status(), StatusCode::OK | StatusCode::NOT_MODIFIED)
}

/// What a browser is told not to do with an answer.
fn guard(headers: &mut HeaderMap, scheme: Scheme) {
    for (name, value) in GUARDS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if scheme == Scheme::Secure {
        headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    }
}

impl File {
    fn answer(&self, asked: &HeaderMap) -> Response<&'static [u8]> {
        let gzip = takes_gzip(asked) && self.gzip.bytes.len() < self.plain.bytes.len();
        let content = if gzip { &self.gzip } else { &self.plain };
        let same = has_already(asked, content.tag);
        let mut response = Response::new(if same { &[] } else { content.bytes });
        let headers = response.headers_mut();
        headers.insert(ETAG, HeaderValue::from_static(content.tag));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        if same {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        headers.insert(CONTENT_LENGTH, content.bytes.len().into());
        if gzip {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

fn short(status: StatusCode, text: &'static str) -> Response<&'static [u8]> {
    let mut response = Response::new(text.as_bytes());
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

/// Whether gzip is among the encodings that may be answered in (RFC 9110, section 12.5.3).
fn takes_gzip(asked: &HeaderMap) -> bool {
    let mut others = false;
    for (name, taken) in list(asked, &ACCEPT_ENCODING).map(encoding) {
        match name {
            _ if name.eq_ignore_ascii_case("gzip") => return taken,
            "*" => others = taken,
            _ => {}
        }
    }
    others
}

/// An encoding, and whether its weight is more than none.
fn encoding(item: &str) -> (&str, bool) {
    let mut parts = item.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let weight = parts.find_map(|it| it.strip_prefix("q=").or(it.strip_prefix("Q=")));
    (name, weight.is_none_or(|it| it.parse::<f32>().is_ok_and(|weight| weight > 0.0)))
}

/// Whether what is there is among what the browser has (RFC 9110, section 13.1.2).
fn has_already(asked: &HeaderMap, tag: &str) -> bool {
    list(asked, &IF_NONE_MATCH).any(|it| it == "*" || it.strip_prefix("W/").unwrap_or(it) == tag)
}

/// The items of a header that may be there several times, each a list.
fn list<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|it| !it.is_empty())
}

/// In the order of their paths.
static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// Nothing of anybody else's runs or is loaded, and nobody puts the page into theirs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

const GUARDS: [(HeaderName, &str); 4] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("permissions-policy"), "camera=(self), microphone=(), geolocation=()"),
];
/// Browsers heed it on secure pages alone, and complain of it on others.
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &str, headers: &[(HeaderName, &str)]) -> Response<&'static [u8]> {
        let headers = headers.iter().map(|(name, value)| {
            (name.clone(), HeaderValue::from_str(value).expect("a header's value"))
        });
        answer(&Method::GET, path, &headers.collect(), Scheme::Plain)
    }

    fn header<'a>(response: &'a Response<&'static [u8]>, name: &str) -> Option<&'a str> {
        response.headers().get(name).map(|value| value.to_str().expect("text"))
    }

    #[test]
    fn every_file_has_its_type_and_what_guards_it() {
        for (path, media_type) in [
            ("/", "text/html; charset=utf-8"),
            ("/style.css", "text/css; charset=utf-8"),
            ("/icon.svg", "image/svg+xml"),
            ("/main.js", "text/javascript; charset=utf-8"),
            ("/app/update.js", "text/javascript; charset=utf-8"),
            ("/vendor/noble.js", "text/javascript; charset=utf-8"),
        ] {
            let response = get(path, &[]);
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert_eq!(header(&response, "content-type"), Some(media_type));
            assert_eq!(header(&response, "cache-control"), Some("no-cache"));
            assert_eq!(header(&response, "vary"), Some("accept-encoding"));
            let policy = header(&response, "content-security-policy").expect("a policy");
            assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{policy}");
            assert_eq!(header(&response, "referrer-policy"), Some("no-referrer"));
            assert_eq!(header(&response, "x-content-type-options"), Some("nosniff"));
            assert!(header(&response, "permissions-policy").is_some());
            assert_eq!(header(&response, "cross-origin-opener-policy"), None);
        }
        let secure = answer(&Method::GET, "/", &HeaderMap::new(), Scheme::Secure);
        assert_eq!(header(&secure, "cross-origin-opener-policy"), Some("same-origin"));
    }

    #[test]
    fn what_is_no_file_of_the_page_is_not_there() {
        for path in [
            "",
            "*",
            "/index.html",
            "/README.md",
            "/package.json",
            "/tests/golden.js",
            "/vendor/entry.js",
            "/vendor/vendor.json",
            "/../Cargo.toml",
            "/app/../main.js",
            "/%2e%2e/Cargo.toml",
            "/%6dain.js",
            "//app/x.js",
            "//main.js",
            "/app",
            "/app/",
            "/main.js/",
            "/MAIN.js",
        ] {
            let response = get(path, &[]);
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
            assert!(response.body().len() < 100);
            assert_eq!(header(&response, "x-content-type-options"), Some("nosniff"));
        }
    }

    #[test]
    fn nothing_but_reading_is_allowed() {
        let post = answer(&Method::POST, "/", &HeaderMap::new(), Scheme::Plain);
        assert_eq!(post.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(header(&post, "allow"), Some("GET, HEAD"));
        let nowhere = answer(&Method::POST, "/x", &HeaderMap::new(), Scheme::Plain);
        assert_eq!(nowhere.status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn gzip_is_for_those_who_take_it() {
        for (taken, accept) in [
            (true, "gzip"),
            (true, "deflate, GZIP;q=0.5"),
            (true, "br, *"),
            (true, "gzip; q=1.000, identity"),
            (false, "gzip;q=0"),
            (false, "*, gzip;q=0.0"),
            (false, "*;q=0"),
            (false, "br"),
            (false, "gzipped"),
            (false, ""),
        ] {
            let response = get("/main.js", &[(ACCEPT_ENCODING, accept)]);
            let expected = taken.then_some("gzip");
            assert_eq!(header(&response, "content-encoding"), expected, "{accept}");
        }
        assert_eq!(header(&get("/main.js", &[]), "content-encoding"), None);
    }

    #[test]
    fn what_the_browser_has_is_not_sent_again() {
        let plain = get("/style.css", &[]);
        let gzip = get("/style.css", &[(ACCEPT_ENCODING, "gzip")]);
        let (tag, other) = (header(&plain, "etag"), header(&gzip, "etag"));
        let (tag, other) = (tag.expect("a tag"), other.expect("a tag"));
        assert_ne!(tag, other, "a strong tag is of the bytes that were sent");
        let weak = format!("\"x\", W/{tag}");
        for (same, has) in [(true, tag), (true, &weak), (true, "*"), (false, other), (false, "x")] {
            let response = get("/style.css", &[(IF_NONE_MATCH, has)]);
            assert_eq!(response.status() == StatusCode::NOT_MODIFIED, same, "{has}");
            assert_eq!(response.body().is_empty(), same);
            assert_eq!(header(&response, "etag"), Some(tag));
        }
    }

    #[test]
    fn the_page_weighs_less_than_100_kb_and_its_modules_have_no_comments_of_their_own() {
        let html = String::from_utf8_lossy(get("/", &[]).body()).into_owned();
        // The few others are loaded when they are needed: for folders.
        let at_once = |file: &&File| {
            file.path == "/" || html.contains(&format!("href=\"{}\"", &file.path[1..]))
        };
        assert!(FILES.iter().filter(at_once).count() + 9 > FILES.len());
        let weight: usize = FILES.iter().filter(at_once).map(|it| it.gzip.bytes.len()).sum();
        assert!(weight < 100_000, "{weight} bytes");
        let ours = |file: &&File| {
            file.media_type.starts_with("text/javascript") && !file.path.starts_with("/vendor/")
        };
        assert!(FILES.iter().filter(ours).count() > 50);
        for file in FILES.iter().filter(ours) {
            let text = std::str::from_utf8(file.plain.bytes).expect("text");
            let comment = text.lines().find(|line| {
                let line = line.trim_start();
                ["//", "/*", "* "].iter().any(|it| line.starts_with(it))
            });
            assert_eq!(comment, None, "{}", file.path);
        }
    }
}
