//! Values of options, as they are said: durations, sizes, addresses.

use std::net::SocketAddr;
use std::time::Duration;

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "say an address and a port, such as 0.0.0.0:8765".to_owned())
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| "say how long, with a unit, such as 90s, 5m or 1h30m".to_owned())
}

pub(super) fn interval(text: &str) -> Result<Duration, String> {
    let interval = duration(text)?;
    if interval < INTERVAL_MIN {
        return Err("say at least 50ms: no camera is faster for long".to_owned());
    }
    Ok(interval)
}

pub(super) fn level(text: &str) -> Result<f32, String> {
    let level = text.trim_end_matches('%').parse().ok();
    level
        .filter(|level| *level > 0.0 && *level <= 100.0)
        .ok_or_else(|| "say how much of the picture, in percent: 0.1 to 100".to_owned())
}

pub(super) fn size(text: &str) -> Result<u64, String> {
    let wrong = || "say a size, such as 500KB, 32MB or 10GB".to_owned();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let scale = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "kib" => 1024.0,
        "mib" => 1024.0 * 1024.0,
        "gib" => 1024.0 * 1024.0 * 1024.0,
        _ => return Err(wrong()),
    };
    let bytes = number.parse::<f64>().map_err(|_| wrong())? * scale;
    if bytes < 1.0 { Err(wrong()) } else { Ok(bytes as u64) }
}

const INTERVAL_MIN: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_sizes_and_levels_are_said_with_their_units() {
        assert_eq!(duration("1h30m"), Ok(Duration::from_mins(90)));
        assert!(duration("90").is_err() && duration("-1s").is_err());
        assert!(interval("0s").is_err() && interval("49ms").is_err() && interval("50ms").is_ok());
        assert_eq!(
            (size("500KB"), size("1.5 MiB"), size("7")),
            (Ok(500_000), Ok(1_572_864), Ok(7))
        );
        for wrong in ["", "0", "KB", "1.2.3MB", "12 miles", "-1", "NaN", "inf"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
        assert_eq!(level("5%"), Ok(5.0));
        for wrong in ["0", "101", "NaN", "much"] {
            assert!(level(wrong).is_err(), "{wrong}");
        }
    }
}
