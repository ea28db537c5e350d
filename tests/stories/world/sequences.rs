//! What a program says to its terminal beside text: control characters, and sequences of them.

use std::collections::BTreeSet;

/// All kinds of control sequences in this output, such as `CSI m`; of modes and reports, also
/// which.
pub fn kinds(output: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(output);
    let mut kinds = BTreeSet::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c == '\u{1b}' {
            kinds.insert(sequence(&mut rest));
        } else if is_unseen(c) {
            kinds.insert(format!("{:04x}", u32::from(c)));
        }
    }
    kinds
}

/// A sequence after its ESC: its kind.
fn sequence(rest: &mut impl Iterator<Item = char>) -> String {
    match rest.next() {
        Some('[') => {
            let mut parameters = String::new();
            let end = rest.find(|&c| {
                let is_end = ('@'..='~').contains(&c);
                if !is_end {
                    parameters.push(c);
                }
                is_end
            });
            let end = end.map_or("unfinished".to_owned(), String::from);
            match end.as_str() {
                "h" | "l" | "n" => format!("CSI {parameters}{end}"),
                _ => format!("CSI {end}"),
            }
        }
        Some(other) => format!("ESC {other}"),
        None => "ESC unfinished".to_owned(),
    }
}

/// Controls, and what turns lines round, joins or hides, and is meant to be unseen. A joiner of
/// pictures (U+200D) and the choice of a coloured one (U+FE0F) may stand within a picture.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}')
}
