//! Something that must not be found, in all the forms that programs write bytes in.

use data_encoding::{BASE64, BASE64URL, HEXLOWER, HEXUPPER};

/// Bytes to look for.
#[derive(Debug, Clone)]
pub struct Needle {
    /// What they are, for who reads that they were found.
    pub what: String,
    /// As they are, and in each encoding that is long enough not to be met by accident.
    pub forms: Vec<Vec<u8>>,
}

impl Needle {
    /// Text, or bytes.
    pub fn new(what: &str, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        let mut forms = vec![bytes.to_vec()];
        forms.extend(encodings(bytes).into_iter().filter(|form| form.len() >= ENCODED_MIN));
        Self { what: format!("{what} ({:?})", String::from_utf8_lossy(bytes)), forms }
    }

    /// Whether it is in text or bytes that are not random.
    pub fn is_in(&self, haystack: &[u8]) -> bool {
        self.is_in_by(haystack, 0)
    }

    /// Whether it is in bytes that may be anything: what is short is there by accident.
    pub fn is_in_random(&self, haystack: &[u8]) -> bool {
        self.is_in_by(haystack, RANDOM_MIN)
    }

    fn is_in_by(&self, haystack: &[u8], at_least: usize) -> bool {
        let mut forms = self.forms.iter().filter(|form| form.len() >= at_least);
        forms.any(|form| haystack.windows(form.len()).any(|window| window == form))
    }
}

fn encodings(bytes: &[u8]) -> Vec<Vec<u8>> {
    let percent = |all: bool| -> String {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() && !all;
        let encoded = |byte: &u8| match byte {
            byte if plain(byte) => char::from(*byte).to_string(),
            byte => format!("%{byte:02X}"),
        };
        bytes.iter().map(encoded).collect()
    };
    let decimals = bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
    let hex = [HEXLOWER.encode(bytes), HEXUPPER.encode(bytes)];
    let escaped = String::from_utf8_lossy(bytes).escape_default().to_string();
    let json: String = String::from_utf8_lossy(bytes).chars().map(json_escape).collect();
    let percent = [percent(false), percent(true), percent(true).to_lowercase()];
    let texts = hex.into_iter().chain(percent).chain([decimals, escaped, json]);
    let aligned = (0..3).flat_map(|before| {
        [BASE64.encode(&shifted(bytes, before)), BASE64URL.encode(&shifted(bytes, before))]
            .map(|text| stable(&text, before, bytes.len()).to_owned())
    });
    texts.chain(aligned).map(String::into_bytes).collect()
}

fn json_escape(c: char) -> String {
    if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) }
}

/// The bytes with so many others before them: base64 writes them differently then.
fn shifted(bytes: &[u8], before: usize) -> Vec<u8> {
    [&vec![0; before], bytes].concat()
}

/// The part of base64 that depends on the bytes alone, not on their neighbours.
fn stable(text: &str, before: usize, length: usize) -> &str {
    &text[(before * 8).div_ceil(6)..(before + length) * 8 / 6]
}

/// In characters: two of base64 stand anywhere.
const ENCODED_MIN: usize = 6;
/// In bytes: five are met by accident in a hundred kilobytes once in ten million times.
const RANDOM_MIN: usize = 5;
