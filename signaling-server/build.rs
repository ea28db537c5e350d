//! Makes the page ready to be served out of the program: each file of `web/` that a browser loads,
//! without its comments, compressed, and with a tag of what it says.

#[cfg(feature = "server")]
#[path = "src/page/served.rs"]
mod served;

#[cfg(not(feature = "server"))]
fn main() {}

#[cfg(feature = "server")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    page::embed()
}

#[cfg(feature = "server")]
mod page {
    use super::served::served;
    use flate2::{Compression, write::GzEncoder};
    use sha2::{Digest, Sha256};
    use std::error::Error;
    use std::fmt::Write as _;
    use std::io::Write as _;
    use std::path::{Path, PathBuf};
    use std::{env, fs};

    /// Writes the files, and the table of them that `src/page.rs` includes.
    pub fn embed() -> Result<(), Box<dyn Error>> {
        let web = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../web");
        let out = PathBuf::from(env::var("OUT_DIR")?);
        let mut files = vec![
            ("/".to_owned(), "index.html".to_owned()),
            ("/icon.svg".to_owned(), "icon.svg".to_owned()),
            ("/style.css".to_owned(), "style.css".to_owned()),
        ];
        for folder in FOLDERS {
            let found = modules(&web.join(folder))?;
            let found = found.into_iter().map(|name| format!("{folder}{name}"));
            let found = found.filter(|file| file != NOT_SERVED);
            files.extend(found.map(|file| (format!("/{file}"), file)));
            if !folder.is_empty() {
                println!("cargo::rerun-if-changed={}", web.join(folder).display());
            }
        }
        files.sort();
        let mut table = String::from("&[\n");
        for (at, (path, file)) in files.iter().enumerate() {
            println!("cargo::rerun-if-changed={}", web.join(file).display());
            table += &entry(at, path, &web.join(file), &out)?;
        }
        fs::write(out.join("page.rs"), table + "]\n")?;
        Ok(())
    }

    fn modules(folder: &Path) -> Result<Vec<String>, Box<dyn Error>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension() == Some("js".as_ref()) {
                let name = path.file_name().and_then(|it| it.to_str());
                found.push(name.ok_or("a file's name is no text")?.to_owned());
            }
        }
        Ok(found)
    }

    /// One file of the table; its bytes lie beside it.
    fn entry(at: usize, path: &str, file: &Path, out: &Path) -> Result<String, Box<dyn Error>> {
        let text = fs::read_to_string(file)?;
        let (media_type, text) = match file.extension().and_then(|it| it.to_str()) {
            Some("html") => ("text/html; charset=utf-8", text),
            Some("css") => ("text/css; charset=utf-8", text),
            Some("svg") => ("image/svg+xml", text),
            // What is not ours stays as it is.
            _ if path.starts_with("/vendor/") => ("text/javascript; charset=utf-8", text),
            _ => ("text/javascript; charset=utf-8", served(&text)),
        };
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text.as_bytes())?;
        fs::write(out.join(format!("{at}")), &text)?;
        fs::write(out.join(format!("{at}.gz")), encoder.finish()?)?;
        let tag = Sha256::digest(text.as_bytes())[..TAG_BYTES].iter().fold(
            String::new(),
            |mut tag, byte| {
                let _ = write!(tag, "{byte:02x}");
                tag
            },
        );
        let bytes =
            |end: &str| format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{at}{end}\"))");
        let (plain, gzip) = (bytes(""), bytes(".gz"));
        Ok(format!(
            "File {{ path: {path:?}, media_type: {media_type:?}, \
             plain: Content {{ tag: \"\\\"{tag}\\\"\", bytes: {plain} }}, \
             gzip: Content {{ tag: \"\\\"{tag}-gzip\\\"\", bytes: {gzip} }} }},\n"
        ))
    }

    /// Where the modules lie.
    const FOLDERS: [&str; 8] =
        ["", "app/", "io/", "seal/", "transfer/", "tunnel/", "ui/", "vendor/"];
    /// What the file beside it was made of.
    const NOT_SERVED: &str = "vendor/entry.js";
    const TAG_BYTES: usize = 16;
}
