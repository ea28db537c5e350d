//! Who may name whom: the layers of the program, read from its source.
//!
//! Each file belongs to the first layer of the table that its path begins with. A layer says
//! which dependencies and which modules it may name, and what of the standard library it never
//! does. A file without a layer is a failure, and so is an exception that is not needed any more.

use crate::source::{Named, module_of, names};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A part of the program, and what it may name.
struct Layer {
    /// The path that its files begin with, from the workspace's root.
    files: &'static str,
    /// Dependencies, or modules of them.
    dependencies: Dependencies,
    /// Modules of its own crate, besides itself.
    modules: Modules,
    /// Never, of the standard library or of what it may name otherwise.
    never: &'static [&'static [&'static str]],
}

enum Dependencies {
    Any,
    These(&'static [&'static str]),
}

enum Modules {
    Any,
    These(&'static [&'static str]),
}

use Dependencies::These as Only;
use Modules::These as Beside;

const CLOCK: &[&str] = &["Instant::now", "SystemTime", "jiff"];
const FILES: &[&str] = &["std::fs", "std::env", "std::process", "File::open", "tempfile"];
const NETWORK: &[&str] = &["std::net"];
const SOCKETS: &[&str] = &["UdpSocket", "TcpStream", "TcpListener", "ToSocketAddrs"];
const THREADS: &[&str] = &["std::thread", "std::sync::Mutex", "std::sync::RwLock"];
const STREAMS: &[&str] = &["std::io"];
const RANDOMNESS: &[&str] = &["getrandom", "rand"];
const UNBOUNDED: &[&str] = &["unbounded_channel", "UnboundedSender", "std::sync::mpsc::channel"];
/// What a pure module never touches.
const WORLD: &[&[&str]] = &[CLOCK, FILES, NETWORK, THREADS, STREAMS, RANDOMNESS, UNBOUNDED];

/// The words that the app, the transfers and the screen share with the server.
const PROTOCOL: &str = "signaling_server::protocol";

/// What a server's key is known by.
const PIN: &str = "signaling_server::pin";

/// What a front end may know to tell of the app.
const PLAIN: &[&str] = &["app", "path", "qr", "seal", "text", "transfer", "ui"];

const LAYERS: &[Layer] = &[
    Layer {
        files: "signaling-server/src/protocol",
        dependencies: Only(&["serde", "serde_json"]),
        modules: Beside(&[]),
        never: WORLD,
    },
    Layer {
        files: "signaling-server/src/rooms",
        dependencies: Only(&["litemap"]),
        modules: Beside(&["protocol"]),
        never: WORLD,
    },
    Layer {
        files: "signaling-server/src/cluster",
        dependencies: Only(&["serde", "serde_json"]),
        modules: Beside(&["protocol", "rooms"]),
        never: WORLD,
    },
    Layer {
        files: "signaling-server/src/page",
        dependencies: Only(&["axum::http"]),
        modules: Beside(&[]),
        never: WORLD,
    },
    Layer {
        files: "signaling-server/src/pin.rs",
        dependencies: Only(&["data_encoding", "sha2", "thiserror"]),
        modules: Beside(&[]),
        never: WORLD,
    },
    Layer {
        files: "signaling-server/src/acme/settings.rs",
        dependencies: Only(&["axum::http", "thiserror"]),
        modules: Beside(&[]),
        never: WORLD,
    },
    Layer {
        files: "signaling-server/src/acme/schedule.rs",
        dependencies: Only(&["serde"]),
        modules: Beside(&[]),
        never: WORLD,
    },
    Layer {
        files: "signaling-server/src/acme/held.rs",
        dependencies: Only(&["rustls::pki_types", "thiserror", "x509_parser"]),
        modules: Beside(&[]),
        never: WORLD,
    },
    Layer {
        files: "signaling-server/src/turn",
        dependencies: Only(&["data_encoding", "ring", "thiserror"]),
        modules: Beside(&["network", "protocol"]),
        // It names addresses, which it is all about, and no sockets.
        never: &[CLOCK, FILES, SOCKETS, THREADS, STREAMS, RANDOMNESS, UNBOUNDED],
    },
    Layer {
        files: "signaling-server/src/server/process.rs",
        dependencies: Only(&["prometheus_client"]),
        modules: Beside(&["server"]),
        never: &[UNBOUNDED],
    },
    Layer {
        files: "signaling-server/src/network.rs",
        dependencies: Only(&[]),
        modules: Beside(&[]),
        never: &[CLOCK, FILES, THREADS, STREAMS, RANDOMNESS, UNBOUNDED],
    },
    Layer {
        files: "signaling-server/src/server",
        dependencies: Dependencies::Any,
        modules: Beside(&["cluster", "network", "page", "pin", "protocol", "rooms", "turn"]),
        never: &[FILES, UNBOUNDED],
    },
    Layer {
        files: "signaling-server/src/",
        dependencies: Dependencies::Any,
        modules: Modules::Any,
        never: &[UNBOUNDED],
    },
    Layer {
        files: "src/transfer/",
        dependencies: Only(&[
            "bytes",
            "hex",
            "serde",
            "serde_json",
            "sha2",
            "thiserror",
            "tracing",
        ]),
        modules: Beside(&["path", "text"]),
        never: WORLD,
    },
    Layer {
        files: "src/obstacle.rs",
        dependencies: Only(&["serde"]),
        modules: Beside(&[]),
        // It tells addresses apart, and has no sockets.
        never: &[CLOCK, FILES, SOCKETS, THREADS, STREAMS, RANDOMNESS, UNBOUNDED],
    },
    Layer {
        files: "src/network.rs",
        dependencies: Only(&[]),
        modules: Beside(&[]),
        // It tells addresses apart, and has no sockets.
        never: &[CLOCK, FILES, SOCKETS, THREADS, STREAMS, RANDOMNESS, UNBOUNDED],
    },
    Layer {
        files: "src/path",
        dependencies: Only(&["serde"]),
        modules: Beside(&[]),
        // Addresses are told, and nothing is sent to them.
        never: &[CLOCK, FILES, SOCKETS, THREADS, STREAMS, RANDOMNESS, UNBOUNDED],
    },
    Layer {
        files: "src/negotiation.rs",
        dependencies: Only(&["serde", "thiserror", "tracing", PROTOCOL]),
        modules: Beside(&["tunnel"]),
        never: WORLD,
    },
    Layer {
        files: "src/tunnel/",
        dependencies: Only(&[
            "chacha20poly1305",
            "data_encoding",
            "hkdf",
            "serde",
            "serde_json",
            "sha2",
            "thiserror",
            "x25519_dalek",
            "zeroize",
            PROTOCOL,
        ]),
        modules: Beside(&["transfer"]),
        never: WORLD,
    },
    Layer {
        files: "src/text/",
        dependencies: Only(&[
            "serde",
            "unicode_normalization",
            "unicode_properties",
            "unicode_segmentation",
            "unicode_width",
        ]),
        modules: Beside(&[]),
        never: WORLD,
    },
    Layer {
        files: "src/seal/",
        dependencies: Only(&[
            "bip39",
            "chacha20poly1305",
            "data_encoding",
            "ed25519_dalek",
            "hkdf",
            "scrypt",
            "serde",
            "serde_json",
            "sha2",
            "strsim",
            "thiserror",
            "zeroize",
            PROTOCOL,
        ]),
        modules: Beside(&["text"]),
        never: WORLD,
    },
    Layer {
        files: "src/link.rs",
        dependencies: Only(&["thiserror", "url", PIN, PROTOCOL]),
        modules: Beside(&["seal"]),
        never: WORLD,
    },
    Layer {
        files: "src/picture/",
        dependencies: Only(&[
            "bytes",
            "crc32fast",
            "image",
            "jpeg_encoder",
            "png",
            "thiserror",
            "zune_core",
            "zune_jpeg",
        ]),
        modules: Beside(&[]),
        never: &[CLOCK, FILES, NETWORK, THREADS, RANDOMNESS, UNBOUNDED],
    },
    Layer {
        files: "src/app/",
        dependencies: Only(&["bytes", "thiserror", "tracing", "zeroize", PROTOCOL]),
        modules: Beside(&[
            "line",
            "link",
            "negotiation",
            "picture",
            "obstacle",
            "path",
            "report",
            "seal",
            "text",
            "transfer",
        ]),
        never: WORLD,
    },
    Layer {
        files: "src/report/",
        dependencies: Only(&["serde", "serde_json"]),
        modules: Beside(&["obstacle", "path"]),
        never: WORLD,
    },
    Layer {
        files: "src/ui/",
        dependencies: Only(&[
            "crossterm::event",
            "ratatui",
            "unicode_segmentation",
            "unicode_width",
        ]),
        modules: Beside(&[
            "app", "line", "path", "picture", "qr", "scene", "seal", "text", "transfer",
        ]),
        never: &[
            CLOCK,
            FILES,
            NETWORK,
            THREADS,
            STREAMS,
            RANDOMNESS,
            UNBOUNDED,
            // It draws into a buffer; the terminal around it is somebody else's.
            &["ratatui::Terminal", "ratatui::backend", "ratatui::crossterm", "ratatui::init"],
        ],
    },
    Layer {
        files: "src/io/mod.rs",
        dependencies: Only(&["bytes", "jiff", "tokio", "tokio_util", "tracing", PROTOCOL]),
        modules: Beside(&["seal", "app", "link", "negotiation", "picture", "text", "transfer"]),
        never: &[UNBOUNDED],
    },
    Layer {
        files: "src/io/camera/",
        dependencies: Only(&["bytes", "jiff", "nokhwa", "thiserror", "tokio", "tracing", "v4l"]),
        modules: Beside(&["app", "picture"]),
        never: &[NETWORK, RANDOMNESS, UNBOUNDED],
    },
    Layer {
        files: "src/io/carried.rs",
        dependencies: Only(&[
            "if_addrs",
            "signaling_server",
            "thiserror",
            "tokio",
            "tokio_util",
            "tracing",
        ]),
        modules: Beside(&[]),
        never: &[FILES, UNBOUNDED],
    },
    Layer {
        files: "src/io/peer/",
        dependencies: Only(&[
            "zeroize",
            "async_trait",
            "bytes",
            "getrandom",
            "quinn",
            "quinn_proto",
            "rcgen",
            "rtc",
            "serde_json",
            "sha2",
            "socket2",
            "thiserror",
            "tokio",
            "tokio_util",
            "tracing",
            "webrtc",
            PROTOCOL,
        ]),
        modules: Beside(&[
            "seal",
            "app",
            "io::frames",
            "io::outward",
            "negotiation",
            "network",
            "obstacle",
            "path",
            "picture",
            "text",
            "transfer",
            "tunnel",
        ]),
        never: &[FILES, UNBOUNDED],
    },
    // Between the signaling socket and the tasks of peers, which do not know each other.
    Layer {
        files: "src/io/frames.rs",
        dependencies: Only(&["bytes", "tokio::sync", PROTOCOL]),
        modules: Beside(&["tunnel"]),
        never: &[CLOCK, FILES, NETWORK, STREAMS, RANDOMNESS, UNBOUNDED],
    },
    // What all that leave this machine look at, who do not know each other.
    Layer {
        files: "src/io/outward.rs",
        dependencies: Only(&[]),
        modules: Beside(&[]),
        never: &[CLOCK, FILES, THREADS, STREAMS, RANDOMNESS, UNBOUNDED],
    },
    Layer {
        files: "src/io/network",
        dependencies: Only(&[
            "if_addrs",
            "rustix::io",
            "rustix::net",
            "tokio",
            "tokio_util",
            "tracing",
        ]),
        modules: Beside(&["app", "io::outward", "network"]),
        never: &[FILES, THREADS, RANDOMNESS, UNBOUNDED],
    },
    Layer {
        files: "src/io/signaling",
        dependencies: Only(&[
            "futures_util",
            "rustls",
            "serde_json",
            "tokio",
            "tokio_tungstenite",
            "tokio_util",
            "tracing",
            PIN,
            PROTOCOL,
        ]),
        modules: Beside(&[
            "app",
            "io::frames",
            "io::outward",
            "link",
            "negotiation",
            "network",
            "text",
        ]),
        never: &[FILES, UNBOUNDED],
    },
    Layer {
        files: "src/io/identity.rs",
        dependencies: Only(&["getrandom", "tempfile", "tracing", "zeroize"]),
        modules: Beside(&["seal"]),
        never: &[CLOCK, NETWORK, THREADS, UNBOUNDED],
    },
    Layer {
        files: "src/io/known.rs",
        dependencies: Only(&["tempfile", "toml"]),
        modules: Beside(&["app", "seal"]),
        never: &[CLOCK, NETWORK, RANDOMNESS, UNBOUNDED],
    },
    Layer {
        files: "src/io/history.rs",
        dependencies: Only(&["serde", "serde_json", "tempfile", "tracing"]),
        modules: Beside(&["app", "text", "transfer"]),
        never: &[NETWORK, RANDOMNESS, UNBOUNDED],
    },
    Layer {
        files: "src/io/display.rs",
        dependencies: Only(&["tempfile", "toml", "tracing"]),
        modules: Beside(&["terminal::capabilities"]),
        never: &[CLOCK, NETWORK, THREADS, RANDOMNESS, UNBOUNDED],
    },
    Layer {
        files: "src/io/decoding.rs",
        dependencies: Only(&["bytes", "tokio"]),
        modules: Beside(&["app", "picture"]),
        never: &[CLOCK, NETWORK, RANDOMNESS, UNBOUNDED],
    },
    // What cannot be sent, an errand ends by.
    Layer {
        files: "src/io/parcels",
        dependencies: Only(&["bytes", "mime_guess", "tempfile", "tokio::task", "tokio_util"]),
        modules: Beside(&["app", "io::storage", "json", "picture", "report", "text", "transfer"]),
        never: &[CLOCK, NETWORK, RANDOMNESS, UNBOUNDED],
    },
    Layer {
        files: "src/io/folder.rs",
        dependencies: Only(&[]),
        modules: Beside(&["app", "text"]),
        never: &[NETWORK, THREADS, RANDOMNESS, UNBOUNDED],
    },
    Layer {
        files: "src/io/newest.rs",
        dependencies: Only(&["tokio::sync", "tokio_util"]),
        modules: Beside(&[]),
        never: WORLD,
    },
    Layer {
        files: "src/io/lan.rs",
        dependencies: Only(&["mdns_sd", "tokio", "tokio_util", "tracing", PIN, PROTOCOL]),
        modules: Beside(&[]),
        never: &[FILES, THREADS, RANDOMNESS, UNBOUNDED],
    },
    // It finds the room for the signaling socket, and so knows both.
    Layer {
        files: "src/io/guide.rs",
        dependencies: Only(&["tokio", "tokio_util", "tracing", PROTOCOL]),
        modules: Beside(&["seal", "app", "io::lan", "io::signaling", "link", "text"]),
        never: &[FILES, RANDOMNESS, UNBOUNDED],
    },
    Layer {
        // What is left of a file goes when it is old.
        files: "src/io/storage/",
        dependencies: Only(&[
            "bytes",
            "hex",
            "rustix::fs",
            "rustix::io",
            "serde",
            "serde_json",
            "sha2",
            "tempfile",
            "thiserror",
            "tokio",
            "tokio_util",
            "tracing",
        ]),
        modules: Beside(&["picture", "text", "transfer"]),
        never: &[NETWORK, RANDOMNESS, UNBOUNDED],
    },
    Layer {
        files: "src/terminal/input/",
        dependencies: Only(&["crossterm::event"]),
        modules: Beside(&[]),
        never: WORLD,
    },
    Layer {
        files: "src/terminal/capabilities/",
        dependencies: Only(&["serde"]),
        modules: Beside(&["picture", "terminal::input"]),
        never: WORLD,
    },
    Layer {
        files: "src/terminal/paint/",
        dependencies: Only(&[
            "data_encoding",
            "ratatui::buffer",
            "ratatui::layout",
            "ratatui::style",
            "unicode_width",
        ]),
        modules: Beside(&["line", "picture", "scene", "terminal::capabilities"]),
        // Bytes are made by writing them.
        never: &[CLOCK, FILES, NETWORK, THREADS, RANDOMNESS, UNBOUNDED],
    },
    Layer {
        files: "src/terminal/",
        dependencies: Only(&["anyhow", "crossterm", "ratatui", "rustix", "tokio::sync", "tracing"]),
        modules: Beside(&["line", "scene"]),
        never: &[FILES, NETWORK, RANDOMNESS, UNBOUNDED],
    },
    Layer { files: "src/line.rs", dependencies: Only(&[]), modules: Beside(&[]), never: WORLD },
    Layer {
        files: "src/scene.rs",
        dependencies: Only(&["ratatui::buffer", "ratatui::layout"]),
        modules: Beside(&["picture"]),
        never: WORLD,
    },
    // What is told, and what lines mean; the loop and the streams are beside them.
    Layer {
        files: "src/plain/answers.rs",
        dependencies: Only(&[]),
        modules: Beside(PLAIN),
        never: WORLD,
    },
    Layer {
        files: "src/plain/changes.rs",
        dependencies: Only(&[]),
        modules: Beside(PLAIN),
        never: WORLD,
    },
    Layer {
        files: "src/plain/commands.rs",
        dependencies: Only(&["zeroize"]),
        modules: Beside(PLAIN),
        never: WORLD,
    },
    // What is asked of the daemon, and how bytes are lines.
    Layer {
        files: "src/daemon/request.rs",
        dependencies: Only(&["serde", "serde_json", "thiserror"]),
        modules: Beside(&[
            "app",
            "picture",
            "report",
            "terminal::capabilities",
            "text",
            "transfer",
        ]),
        never: WORLD,
    },
    Layer {
        files: "src/daemon/lines.rs",
        dependencies: Only(&["thiserror"]),
        modules: Beside(&[]),
        never: WORLD,
    },
    // What errands decide, and what is told of them; the loops and the world are beside them.
    Layer {
        files: "src/errand/receive.rs",
        dependencies: Only(&[]),
        modules: Beside(&["app", "report", "transfer"]),
        never: WORLD,
    },
    Layer {
        files: "src/errand/send.rs",
        dependencies: Only(&[]),
        modules: Beside(&["app", "report"]),
        never: WORLD,
    },
    Layer {
        files: "src/errand/schedule.rs",
        dependencies: Only(&[]),
        modules: Beside(&[]),
        never: WORLD,
    },
    Layer {
        files: "src/errand/sentences.rs",
        dependencies: Only(&[]),
        modules: Beside(&["report", "ui"]),
        never: WORLD,
    },
    Layer {
        files: "src/qr.rs",
        dependencies: Only(&["qrcode"]),
        modules: Beside(&[]),
        never: WORLD,
    },
    Layer {
        files: "src/cli/",
        dependencies: Only(&["clap", "clap_complete", "humantime", "serde"]),
        modules: Beside(&["app", "picture", "seal", "terminal::capabilities"]),
        never: &[CLOCK, FILES, THREADS, STREAMS, RANDOMNESS, UNBOUNDED],
    },
    Layer {
        files: "src/config.rs",
        dependencies: Only(&[
            "anyhow",
            "etcetera",
            "serde",
            "signaling_server::certificate",
            "toml",
        ]),
        modules: Beside(&["app", "cli", "link", "picture", "terminal::capabilities", "text"]),
        never: &[CLOCK, THREADS, RANDOMNESS, UNBOUNDED],
    },
    Layer {
        files: "src/logging.rs",
        dependencies: Only(&["anyhow", "tracing_subscriber"]),
        modules: Beside(&["config"]),
        never: &[CLOCK, NETWORK, RANDOMNESS, UNBOUNDED],
    },
    // It looks at everything outside, and so names all of `io`; what it finds, it tells by itself.
    Layer {
        files: "src/doctor/",
        dependencies: Only(&[
            "anyhow",
            "getrandom",
            "hex",
            "jiff",
            "rtc",
            "rustix",
            "tokio",
            "tracing",
            "unicode_width",
            PROTOCOL,
        ]),
        modules: Beside(&[
            "app", "cli", "config", "io", "json", "link", "path", "picture", "report", "terminal",
            "ui",
        ]),
        never: &[UNBOUNDED],
    },
    // What puts all of it together.
    Layer {
        files: "src/",
        dependencies: Dependencies::Any,
        modules: Modules::Any,
        never: &[UNBOUNDED],
    },
];

/// What a file names though its layer may not: which file, what, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("src/io/peer/mod.rs", "crate::io::storage", "all peers share what is read of a file"),
    (
        "src/io/peer/sources.rs",
        "crate::io::storage",
        "bulk bytes go from the disk to the channel without passing through the app",
    ),
    (
        "src/io/peer/drive.rs",
        "crate::io::storage",
        "bulk bytes go from the channel to the disk without passing through the app",
    ),
];

#[test]
fn every_layer_names_only_what_it_may() {
    let mut faults = String::new();
    let mut needed = BTreeSet::new();
    for file in sources() {
        let source = std::fs::read_to_string(root().join(&file)).expect("a source file");
        let layer = layer_of(&file).unwrap_or_else(|| panic!("no layer for {}", file.display()));
        for fault in faults_of(&file, layer, &source) {
            let excepted = EXCEPTIONS.iter().position(|(of, what, _)| {
                Path::new(of) == file && begins_with(&fault.named.path, what)
            });
            if let Some(at) = excepted {
                needed.insert(at);
            } else {
                let (path, line) = (fault.named.path.join("::"), fault.named.line);
                let _ = writeln!(faults, "{}:{line}: {path}: {}", file.display(), fault.rule);
            }
        }
    }
    assert!(faults.is_empty(), "layers are crossed:\n{faults}");
    let idle = (0..EXCEPTIONS.len()).filter(|at| !needed.contains(at)).map(|at| EXCEPTIONS[at]);
    let idle: Vec<_> = idle.collect();
    assert!(idle.is_empty(), "exceptions that nothing needs any more: {idle:#?}");
}

#[test]
fn every_layer_has_files() {
    let sources = sources();
    for layer in LAYERS {
        let used =
            sources.iter().any(|file| layer_of(file).is_some_and(|of| of.files == layer.files));
        assert!(used, "no file begins with {}: has it moved?", layer.files);
    }
}

#[test]
fn the_screen_cannot_write_to_the_app() {
    for file in sources().iter().filter(|file| file.starts_with("src/ui")) {
        let source = std::fs::read_to_string(root().join(file)).expect("a source file");
        for (line, text) in (1..).zip(source.lines()) {
            let mutable = text.contains("&mut App") || text.contains("&mut crate::app::App");
            assert!(!mutable, "{}:{line}: {text}", file.display());
        }
    }
}

#[test]
fn a_crossed_layer_is_noticed() {
    let crossings = [
        ("src/app/room.rs", "use tokio::sync::mpsc;"),
        ("src/app/room.rs", "use crate::{text, ui::render};"),
        ("src/app/room.rs", "fn f() { std::time::Instant::now(); }"),
        ("src/app/room.rs", "use signaling_server::server::serve;"),
        ("src/ui/top.rs", "fn f() { crate::io::Io::perform() }"),
        ("src/ui/top.rs", "use ratatui::backend::CrosstermBackend;"),
        ("src/io/storage/mod.rs", "use super::camera::CameraHandle;"),
        ("src/io/peer/drive.rs", "use super::super::signaling;"),
        ("src/transfer/session.rs", "use std::{iter, fs};"),
        ("src/run/mod.rs", "use tokio::sync::mpsc::unbounded_channel;"),
        ("signaling-server/src/rooms.rs", "use crate::server::Config;"),
        ("signaling-server/src/turn/relay.rs", "use std::net::{SocketAddr, UdpSocket};"),
    ];
    for (file, source) in crossings {
        let file = Path::new(file);
        let layer = layer_of(file).expect("a layer");
        assert_eq!(faults_of(file, layer, source).len(), 1, "{}: {source}", file.display());
    }
    let file = Path::new("src/app/room.rs");
    let allowed = "use super::Effect; use crate::transfer::End; use std::time::Instant; \
                use signaling_server::protocol::PeerId; use bytes::Bytes;";
    let faults = faults_of(file, layer_of(file).expect("a layer"), allowed);
    assert!(faults.is_empty());
}

/// Something that a layer may not name.
struct Fault {
    named: Named,
    rule: String,
}

fn faults_of(file: &Path, layer: &Layer, source: &str) -> Vec<Fault> {
    let below: PathBuf = file.iter().skip_while(|part| *part != "src").skip(1).collect();
    let module = module_of(&below);
    let own = own_module(&module);
    let dependencies = dependencies();
    let mut faults = Vec::new();
    for named in names(source, &module) {
        let first = named.path.first().map(String::as_str).unwrap_or_default();
        let never =
            layer.never.iter().copied().flatten().find(|never| mentions(&named.path, never));
        let rule = if let Some(never) = never {
            format!("{} never names {never}", layer.files)
        } else if first == "crate" {
            match &layer.modules {
                Modules::Any => continue,
                Beside(modules) => {
                    let of_mine = begins_with(&named.path, &own);
                    let may = |module: &&str| begins_with(&named.path, &format!("crate::{module}"));
                    // What `io` itself declares (its own types) is nobody's sibling.
                    if of_mine || named.path.len() < 2 || modules.iter().any(may) {
                        continue;
                    }
                    format!("{} may name these modules alone: {modules:?}", layer.files)
                }
            }
        } else if dependencies.contains(first) {
            match &layer.dependencies {
                Dependencies::Any => continue,
                Only(may) if may.iter().any(|it| begins_with(&named.path, it)) => continue,
                Only(may) => format!("{} may name these dependencies alone: {may:?}", layer.files),
            }
        } else {
            continue;
        };
        faults.push(Fault { named, rule });
    }
    faults
}

/// The module that a file may name all of: of `io`, each thing outside is one.
fn own_module(module: &[String]) -> String {
    let parts = if module.get(1).is_some_and(|it| it == "io") { 3 } else { 2 };
    module[..parts.min(module.len())].join("::")
}

/// Whether a path begins with these parts.
fn begins_with(path: &[String], start: &str) -> bool {
    let start: Vec<_> = start.split("::").collect();
    path.len() >= start.len() && path.iter().zip(&start).all(|(part, wanted)| part == wanted)
}

/// Whether these parts stand anywhere in a path.
fn mentions(path: &[String], parts: &str) -> bool {
    (0..path.len()).any(|at| begins_with(&path[at..], parts))
}

fn layer_of(file: &Path) -> Option<&'static Layer> {
    let file = file.to_string_lossy();
    LAYERS.iter().find(|layer| file.starts_with(layer.files))
}

/// All source files that are compiled for more than tests, from the workspace's root.
fn sources() -> Vec<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders = vec![PathBuf::from("src"), PathBuf::from("signaling-server/src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root().join(&folder)).expect("a source folder") {
            let path = folder.join(entry.expect("an entry").file_name());
            let is_tests = path.file_stem() == Some("tests".as_ref());
            if root().join(&path).is_dir() {
                if !is_tests {
                    folders.push(path);
                }
            } else if path.extension() == Some("rs".as_ref()) && !is_tests {
                found.insert(path);
            }
        }
    }
    found.into_iter().collect()
}

/// The crates of both manifests, as source names them.
fn dependencies() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for manifest in ["Cargo.toml", "signaling-server/Cargo.toml"] {
        let text = std::fs::read_to_string(root().join(manifest)).expect("a manifest");
        let manifest: toml::Table = text.parse().expect("a manifest is TOML");
        let targets = manifest.get("target").and_then(toml::Value::as_table);
        let targets =
            targets.into_iter().flat_map(toml::Table::values).filter_map(toml::Value::as_table);
        for table in targets.chain([&manifest]) {
            let crates = table.get("dependencies").and_then(toml::Value::as_table);
            names.extend(
                crates.into_iter().flat_map(toml::Table::keys).map(|it| it.replace('-', "_")),
            );
        }
    }
    names
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
