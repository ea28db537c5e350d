//! A real sshd and a real ssh, between a story's terminal and its program.

use std::path::Path;
use std::process::Command;

/// The way to this machine over SSH: the daemon speaks over the client's own pipe, so that no port
/// is needed.
pub fn ssh(folder: &Path) -> Vec<String> {
    let keygen = |name: &str| {
        let path = folder.join(name);
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(&path)
            .status()
            .expect("ssh-keygen: tests/run installs openssh-client");
        assert!(made.success(), "a key is made");
        path.display().to_string()
    };
    let (host, user) = (keygen("host"), keygen("user"));
    // Run by root, the daemon wants this folder, which a service's start would make.
    if let Err(error) = std::fs::create_dir_all("/run/sshd") {
        println!("/run/sshd is not made: {error}");
    }
    let config = folder.join("sshd_config");
    let lines = [
        format!("HostKey {host}"),
        format!("AuthorizedKeysFile {user}.pub"),
        "StrictModes no".to_owned(),
        "UsePAM no".to_owned(),
        "PidFile none".to_owned(),
        "PermitRootLogin yes".to_owned(),
        "LogLevel ERROR".to_owned(),
    ];
    std::fs::write(&config, lines.join("\n")).expect("the daemon's config is written");
    let me = Command::new("id").arg("-un").output().expect("id is everywhere").stdout;
    let me = String::from_utf8(me).expect("a user name is text");
    let daemon = format!("ProxyCommand=/usr/sbin/sshd -i -e -f {}", config.display());
    let target = format!("{}@localhost", me.trim());
    let options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"];
    let mut words = vec!["ssh".to_owned(), "-tt".to_owned(), "-F".to_owned(), "none".to_owned()];
    words.extend(["-i".to_owned(), user, "-o".to_owned(), daemon]);
    words.extend(options.iter().flat_map(|option| ["-o".to_owned(), (*option).to_owned()]));
    words.extend([target, "env".to_owned(), "COLORTERM=truecolor".to_owned()]);
    words.push(format!("HOME={}", folder.display()));
    words
}
