//! The config file: the same keys as the command line's options, which go before it.
//!
//! TOML, at `peersnap/config.toml` in the system's folder for config. It need not be there; a key
//! that is not known is an error, so that a misspelt one is noticed.

use crate::app::camera::CameraSpec;
use crate::cli::{Options, OwnTls};
use crate::link::ServerUrl;
use crate::picture::cells::{Depth, Glyphs};
use crate::picture::{Metadata, Quality};
use crate::terminal::capabilities::{Graphics, Wish, Wishes};
use crate::text::SafeText;
use anyhow::{Context, bail};
use etcetera::{BaseStrategy, choose_base_strategy};
use serde::Deserialize;
use signaling_server::certificate::Certificate;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// What is wanted of a room, from the command line, the environment and the config file.
#[derive(Debug, Clone)]
pub struct Config {
    /// The signaling server, if it is not carried.
    pub server: Option<ServerUrl>,
    /// Whether the same network is left alone.
    pub no_lan: bool,
    /// Where the carried server listens, if that matters.
    pub listen: Option<SocketAddr>,
    /// Where others reach the carried server, if that is not an address of this machine.
    pub public_url: Option<ServerUrl>,
    /// Whose certificate the carried server shows, if it speaks https.
    pub certificate: Option<Certificate>,
    /// What others call the person here.
    pub name: SafeText,
    /// Which camera.
    pub camera: CameraSpec,
    /// How photos of raw frames are encoded.
    pub quality: Quality,
    /// What becomes of what a JPEG file tells besides its picture.
    pub metadata: Metadata,
    /// Where photos are saved.
    pub save: PathBuf,
    /// Whether everything is told in lines.
    pub plain: bool,
    /// What was said of the terminal, on the command line or in the environment: to be remembered.
    pub wishes: Wishes,
    /// What the config file says of any terminal.
    pub usual_wishes: Wishes,
    /// Where the log goes, if it was said.
    pub log: Option<PathBuf>,
    /// Where what is to be remembered lies, if there is such a place: who the person here is, and
    /// whom they have met.
    pub state: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileKeys {
    server: Option<String>,
    no_lan: Option<bool>,
    listen: Option<SocketAddr>,
    public_url: Option<String>,
    tls: Option<OwnTls>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    name: Option<String>,
    camera: Option<String>,
    quality: Option<u8>,
    keep_exif: Option<bool>,
    save: Option<PathBuf>,
    plain: Option<bool>,
    graphics: Option<Wish<Graphics>>,
    cells: Option<Wish<Glyphs>>,
    color: Option<Wish<Depth>>,
    log: Option<PathBuf>,
}

impl Config {
    /// Puts the options and the config file together.
    pub fn load(options: Options) -> anyhow::Result<Self> {
        let keys = match (&options.common.config, usual_path()) {
            (Some(path), _) => read(path)?,
            (None, Some(path)) if path.exists() => read(&path)?,
            (None, _) => FileKeys::default(),
        };
        Self::of(options, keys)
    }

    /// The options alone, whatever the config file says.
    pub fn without_file(options: Options) -> anyhow::Result<Self> {
        Self::of(options, FileKeys::default())
    }

    fn of(options: Options, keys: FileKeys) -> anyhow::Result<Self> {
        let common = options.common;
        let wishes = options.display.wishes();
        let camera = keys.camera.map(|spec| spec.parse()).transpose();
        let camera = camera.context("camera, in the config file")?;
        let quality = keys.quality.map(|quality| quality.to_string().parse()).transpose();
        let quality = quality.context("quality, in the config file")?;
        let name = common.name.or(keys.name).or_else(user_name).unwrap_or_default();
        let server = common.server.or(keys.server);
        let public_url = common.public_url.or(keys.public_url);
        let public_url = public_url.map(|url| ServerUrl::public(&url)).transpose();
        let files = (common.tls_cert.or(keys.tls_cert), common.tls_key.or(keys.tls_key));
        let certificate = certificate(common.tls.or(keys.tls), files)?;
        Ok(Self {
            server: server.map(|server| server.parse()).transpose()?,
            no_lan: common.no_lan || keys.no_lan.unwrap_or_default(),
            listen: common.listen.or(keys.listen),
            public_url: public_url.context("public_url")?,
            certificate,
            name: SafeText::new(&name),
            camera: options.camera.or(camera).unwrap_or_default(),
            quality: options.quality.or(quality).unwrap_or_default(),
            metadata: Metadata::of_flag(options.keep_exif || keys.keep_exif.unwrap_or_default()),
            save: options.save.or(keys.save).unwrap_or_else(|| PathBuf::from(".")),
            plain: options.plain.or(keys.plain).unwrap_or_else(terminal_is_dumb),
            wishes,
            usual_wishes: Wishes { graphics: keys.graphics, cells: keys.cells, color: keys.color },
            log: common.log.or(keys.log),
            state: state_folder(),
        })
    }
}

/// Whose certificate is shown, of what was said.
fn certificate(
    own: Option<OwnTls>,
    files: (Option<PathBuf>, Option<PathBuf>),
) -> anyhow::Result<Option<Certificate>> {
    Ok(match (own, files) {
        (None, (None, None)) => None,
        (None, (Some(certificate), Some(key))) => Some(Certificate::Files { certificate, key }),
        (None, (Some(_), None)) => bail!("--tls-cert needs the certificate's key: --tls-key FILE"),
        (None, (None, Some(_))) => bail!("--tls-key needs its certificate: --tls-cert FILE"),
        (Some(_), (None, None)) => {
            let folder = state_folder();
            let folder = folder.context("there is no folder to keep a certificate in")?;
            Some(Certificate::Own(folder))
        }
        (Some(_), _) => bail!("either --tls self-signed, or --tls-cert and --tls-key"),
    })
}

fn read(path: &Path) -> anyhow::Result<FileKeys> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("reading the config file {}", path.display()))?;
    parse(&text).with_context(|| format!("in the config file {}", path.display()))
}

fn parse(text: &str) -> Result<FileKeys, toml::de::Error> {
    toml::from_str(text)
}

/// Where the config file is looked for, if nothing else is said.
pub fn usual_path() -> Option<PathBuf> {
    Some(choose_base_strategy().ok()?.config_dir().join("peersnap").join("config.toml"))
}

/// Where what is to be remembered lies, if there is such a place.
pub fn state_folder() -> Option<PathBuf> {
    let strategy = choose_base_strategy().ok()?;
    let folder = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
    Some(folder.join("peersnap"))
}

/// Whether the terminal does not know where its cursor is.
fn terminal_is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

fn user_name() -> Option<String> {
    ["USER", "LOGNAME", "USERNAME"].iter().find_map(|key| std::env::var(key).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_a_key() {
        let text = "server = 'https://a.example'\nno_lan = true\nlisten = '0.0.0.0:1'\n\
                    public_url = 'https://a.example'\ntls = 'self-signed'\n\
                    tls_cert = 'a.pem'\ntls_key = 'b.pem'\nname = 'Ann'\n\
                    camera = 'test'\nquality = 80\nkeep_exif = true\nsave = 'photos'\nlog = 'a.log'\n\
                    plain = false\ngraphics = 'sixel'\ncells = 'auto'\ncolor = '256'";
        let keys = parse(text).expect("all known");
        assert_eq!(keys.name.as_deref(), Some("Ann"));
        assert_eq!(keys.save, Some(PathBuf::from("photos")));
    }

    #[test]
    fn a_certificate_is_of_two_files_or_of_its_own() {
        let (a, b) = (|| Some(PathBuf::from("a.pem")), || Some(PathBuf::from("b.pem")));
        let own = Some(OwnTls::SelfSigned);
        assert_eq!(certificate(None, (None, None)).expect("in order"), None);
        let files = Certificate::Files { certificate: "a.pem".into(), key: "b.pem".into() };
        assert_eq!(certificate(None, (a(), b())).expect("in order"), Some(files));
        for (own, files, said) in [
            (None, (a(), None), "--tls-key FILE"),
            (None, (None, b()), "--tls-cert FILE"),
            (own, (a(), b()), "either --tls self-signed"),
            (own, (None, b()), "either --tls self-signed"),
        ] {
            let error = certificate(own, files).expect_err("not in order").to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_misspelt_key_is_pointed_out() {
        let error = parse("nmae = 'Ann'").expect_err("not known").to_string();
        assert!(error.contains("nmae") && error.contains("name"), "{error}");
    }
}
