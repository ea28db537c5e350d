//! `peersnap send`: files, or photos of a camera, to those in a room, without a terminal.

use super::errands::{Room, ended, enter};
use crate::app::camera::CameraSpec;
use crate::cli::{self, Options};
use crate::config::Config;
use crate::errand::{
    self, CameraSetup, Deserted, Invites, Output, Place, Send, SendWishes, Shooting, Source,
    Supply, Voice, Wanted as Photos,
};
use crate::io::parcels;
use crate::json::{Failure, Reader};
use crate::logging;
use crate::report::Code;
use std::path::PathBuf;
use std::time::Instant;

/// Sends until it is over.
pub async fn send(said: cli::Send, reader: Reader) -> anyhow::Result<()> {
    let (room, files) = parts(&said)?;
    let client = room.daemon().await?;
    if client.is_none() && room == Room::Unsaid {
        return Err(Failure::new(Code::Usage, NO_ROOM).into());
    }
    let on_disk: Vec<_> = files.iter().filter(|file| *file != STDIN).map(PathBuf::from).collect();
    let options = Options {
        common: said.common.clone(),
        quality: said.quality,
        keep_exif: said.keep_exif,
        // Nothing is saved.
        save: Some(std::env::temp_dir()),
        ..Options::default()
    };
    let config = Config::load(options)?;
    logging::start(&config)?;
    parcels::check(&on_disk, config.metadata)?;
    let camera = said.camera.clone().map(|spec| {
        let spec = spec.unwrap_or_else(|| config.camera.clone());
        camera(spec, &said, &config)
    });
    let camera = camera.transpose()?;
    let name = said.stdin_name.clone();
    let sources = files.into_iter().map(|file| match file.as_str() {
        STDIN => {
            let name = name.clone();
            Source::Stdin(tokio::task::spawn_blocking(move || errand::from_stdin(name.as_deref())))
        }
        _ => Source::Path(file.into()),
    });
    let supply = Supply::new(sources.collect(), camera, config.metadata);
    let goes_on = said.every.is_some() || said.on_motion.is_some();
    let wishes = SendWishes {
        to: said.to,
        wait_for: said.wait_for.map(usize::from),
        wait: said.wait,
        deserted: if goes_on { Deserted::Waits } else { Deserted::Ends },
        room: if said.new { errand::Room::Opened } else { errand::Room::Joined },
        prefix: format!("{}-", std::process::id()),
    };
    let place = match client {
        Some(client) => Place::daemon(client).await?,
        None => enter(room.plan(&config)?, &config).await?,
    };
    let errand = Send::new(wishes, Instant::now());
    let output = if reader == Reader::Program { Output::Json } else { Output::Other };
    let voice = Voice::start(output, if said.new { Invites::Yes } else { Invites::No });
    ended(errand::send(place, errand, supply, voice).await?)
}

/// The room, and the files.
fn parts(said: &cli::Send) -> Result<(Room, Vec<String>), Failure> {
    let wrong = |text: &str| Err(Failure::new(Code::Usage, text));
    let mut files = said.room_and_files.clone();
    let room = if said.new {
        Room::New
    } else if files.first().is_some_and(|first| Room::is_one(first)) {
        Room::This(files.remove(0))
    } else {
        Room::usual()
    };
    if files.iter().filter(|file| *file == STDIN).count() > 1 {
        return wrong("standard input is one file: say - once");
    }
    if files.is_empty() && said.camera.is_none() {
        return wrong("say what to send: files, - for standard input, or --camera");
    }
    Ok((room, files))
}

fn camera(spec: CameraSpec, said: &cli::Send, config: &Config) -> anyhow::Result<Shooting> {
    let wanted = Photos {
        every: said.every,
        burst: said.burst.unwrap_or(1),
        motion: said.on_motion,
        count: said.count,
        time: said.time,
    };
    let (quality, metadata) = (config.quality, config.metadata);
    Shooting::start(CameraSetup { spec, wanted, quality, metadata })
}

const STDIN: &str = "-";
const NO_ROOM: &str = "say which room first, by its link or its six words; or --new; or open one \
                       with `peersnap daemon`";
