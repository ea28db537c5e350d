//! Addresses as they are, with no proxy that says them: on a network of its own, at a socket of both
//! families, as a socket of systemd is.

use std::collections::BTreeMap;
use std::process::Command;

/// Addresses of this machine; the program, and those who come to it.
const NETWORK: &str = r#"
    ip link set lo up
    for address in 192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4; do ip addr add $address/32 dev lo; done
    for net in 4200 4201 42ff 4300; do ip addr add 2001:db8:0:$net::1/128 dev lo nodad; done
    "$0" --listen '[::]:8765' >"$2/told" 2>&1 &
    program=$!
    trap 'kill $program' EXIT
    tries=0
    until grep -q listening "$2/told"; do
        tries=$((tries + 1))
        [ $tries -lt 400 ] || { cat "$2/told" >&2; exit 1; }
        sleep 0.05
    done
    /usr/bin/python3 "$1" 8765
"#;

#[test]
fn limits_are_of_the_addresses_that_come_and_of_none_of_this_machine() {
    let client = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stories/direct.py");
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new("unshare");
    command.args(["-Urn", "sh", "-e", "-c", NETWORK, env!("CARGO_BIN_EXE_signaling-server")]);
    let output = command.arg(client).arg(folder.path()).output();
    let output = output.expect("unshare is there: apt-get install util-linux");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "needs iproute2 and python3: {errors}");

    let told = String::from_utf8_lossy(&output.stdout);
    let fared: BTreeMap<&str, [usize; 3]> = told
        .lines()
        .map(|line| {
            let (name, counts) = line.split_once(' ').expect("a name");
            let counts: Vec<usize> = counts.split(' ').map(|it| it.parse().expect("one")).collect();
            (name, counts.try_into().expect("let in, turned away, all"))
        })
        .collect();
    for name in ["v4", "v6"] {
        let [inside, outside, all] = fared[name];
        assert_eq!(inside + outside, all, "{name}: {told}");
        // One more for each three seconds that this takes.
        assert!((40..=46).contains(&inside), "{name}: {told}");
    }
    for name in ["another-v4", "another-v6", "own", "own-connections"] {
        let [inside, outside, all] = fared[name];
        assert_eq!((inside, outside), (all, 0), "{name}: {told}");
    }
    assert_eq!(fared["connections"], [256, 44, 300], "{told}");
}
