//! A file of source code, reduced to the paths that it names.
//!
//! Comments, strings and `#[cfg(test)]` items are taken out; `use` trees are spelt out; `crate`,
//! `self` and `super` are resolved. It knows as much of Rust as these files need.

use std::path::Path;

/// A path that is named somewhere, such as `std::time::Instant::now`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its parts; those of this crate begin with `crate`.
    pub path: Vec<String>,
    /// In which line, from 1.
    pub line: usize,
}

/// Every path with at least two parts, and every `use`, of a file that is this module.
pub fn names(source: &str, module: &[String]) -> Vec<Named> {
    let tokens = tokens(&without_tests(&without_text(source)));
    let mut names = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let is_use = tokens[at].text == "use";
        if is_use {
            at = read_tree(&tokens, at + 1, &[], &mut names);
        } else if is_word(&tokens[at].text) && !follows_separator(&tokens, at) {
            let line = tokens[at].line;
            let mut path = vec![tokens[at].text.clone()];
            while is(&tokens, at + 1, "::") && is_word_at(&tokens, at + 2) {
                path.push(tokens[at + 2].text.clone());
                at += 2;
            }
            if path.len() > 1 {
                names.push(Named { path, line });
            }
            at += 1;
        } else {
            at += 1;
        }
    }
    for name in &mut names {
        name.path = resolved(&name.path, module);
    }
    names
}

/// The module that a file is, from its path below `src`: `io/peer/drive.rs` is `io::peer::drive`.
pub fn module_of(path: &Path) -> Vec<String> {
    let mut parts = vec!["crate".to_owned()];
    let file = path.with_extension("");
    parts.extend(file.iter().map(|part| part.to_string_lossy().into_owned()));
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

fn resolved(path: &[String], module: &[String]) -> Vec<String> {
    let ups = path.iter().take_while(|part| *part == "super").count();
    match path.first().map(String::as_str) {
        Some("self") => [module, &path[1..]].concat(),
        Some("super") => {
            let base = &module[..module.len().saturating_sub(ups).max(1)];
            [base, &path[ups..]].concat()
        }
        _ => path.to_vec(),
    }
}

struct Token {
    text: String,
    line: usize,
}

fn tokens(source: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (at, line) in source.lines().enumerate() {
        let mut rest = line;
        while let Some(first) = rest.chars().next() {
            let length = match first {
                _ if first.is_whitespace() => {
                    rest = &rest[first.len_utf8()..];
                    continue;
                }
                ':' if rest.starts_with("::") => 2,
                _ if is_letter(first) => rest.find(|c| !is_letter(c)).unwrap_or(rest.len()),
                _ => first.len_utf8(),
            };
            tokens.push(Token { text: rest[..length].to_owned(), line: at + 1 });
            rest = &rest[length..];
        }
    }
    tokens
}

/// Reads what follows `use` or stands in braces, up to its end; the position after it.
fn read_tree(tokens: &[Token], mut at: usize, prefix: &[String], names: &mut Vec<Named>) -> usize {
    let mut path = prefix.to_vec();
    let mut line = tokens.get(at).map_or(0, |token| token.line);
    while let Some(token) = tokens.get(at) {
        match token.text.as_str() {
            "{" => at = read_tree(tokens, at + 1, &path, names),
            "," | "}" | ";" => {
                let grouped = at > 0 && is(tokens, at - 1, "}");
                if path.len() > prefix.len() && !grouped {
                    names.push(Named { path: path.clone(), line });
                }
                if token.text != "," {
                    return at + 1;
                }
                path = prefix.to_vec();
                line = tokens.get(at + 1).map_or(line, |token| token.line);
                at += 1;
            }
            "as" => at += 2,
            "self" if path.len() == prefix.len() && !prefix.is_empty() => {
                names.push(Named { path: path.clone(), line });
                at += 1;
            }
            word if is_word(word) || word == "*" => {
                path.push(word.to_owned());
                at += 1;
            }
            _ => at += 1,
        }
    }
    at
}

fn is(tokens: &[Token], at: usize, text: &str) -> bool {
    tokens.get(at).is_some_and(|token| token.text == text)
}

fn is_word_at(tokens: &[Token], at: usize) -> bool {
    tokens.get(at).is_some_and(|token| is_word(&token.text))
}

fn is_word(text: &str) -> bool {
    text.starts_with(is_letter)
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A path is read from its first part on.
fn follows_separator(tokens: &[Token], at: usize) -> bool {
    at > 0 && is(tokens, at - 1, "::")
}

/// The source with comments and the insides of strings blanked out, line by line as it was.
fn without_text(source: &str) -> String {
    let mut kept = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let skipped = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' => string_length(rest),
            'r' if !kept.ends_with(is_letter) && is_raw(rest) => raw_length(rest),
            '\'' => character_length(rest),
            _ => 0,
        };
        if skipped > 0 {
            kept.extend(rest[..skipped].chars().filter(|c| *c == '\n'));
            kept.push(' ');
            rest = &rest[skipped..];
        } else {
            kept.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    kept
}

fn string_length(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

fn is_raw(rest: &str) -> bool {
    rest[1..].trim_start_matches('#').starts_with('"')
}

fn raw_length(rest: &str) -> usize {
    let hashes = rest[1..].chars().take_while(|c| *c == '#').count();
    let end = format!("\"{}", "#".repeat(hashes));
    let body = 1 + hashes + 1;
    rest[body..].find(&end).map_or(rest.len(), |at| body + at + end.len())
}

/// Of a character in quotes; 0 for a lifetime.
fn character_length(rest: &str) -> usize {
    let mut characters = rest.char_indices().skip(1);
    match (characters.next(), characters.next()) {
        (Some((_, '\\')), Some((at, escaped))) => {
            let after = at + escaped.len_utf8();
            rest[after..].find('\'').map_or(0, |end| after + end + 1)
        }
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 0,
    }
}

/// The source with everything that is compiled for tests alone blanked out.
fn without_tests(source: &str) -> String {
    let mut kept = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(start) = rest.find(TESTS) {
        kept.push_str(&rest[..start]);
        let item = &rest[start..];
        let length = item_length(item);
        kept.extend(item[..length].chars().filter(|c| *c == '\n'));
        rest = &item[length..];
    }
    kept + rest
}

/// Up to a `;`, or to the end of the first braces.
fn item_length(item: &str) -> usize {
    let mut depth = 0;
    for (at, c) in item.char_indices() {
        match c {
            ';' if depth == 0 => return at + 1,
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    item.len()
}

const TESTS: &str = "#[cfg(test)]";

#[test]
fn paths_are_found_where_they_stand_and_nowhere_else() {
    let source = r##"
//! Not `tokio::net`. "
use std::{fs::File, time::{self, Instant}};
use super::{storage, other::Thing as Other};
/* std::env */
fn f<'a>(x: &'a str) -> char {
    let _ = "tokio::spawn"; let _ = r#"a "std::fs" b"#; let _ = ('"', '\'', 'x');
    webrtc::run::<tokio::Task>(self::g); Instant::now(); crate::ui::draw()
}
#[cfg(test)]
mod tests { use tokio::test; fn g() { std::fs::read("{"); } }
use self::last::One;
"##;
    let module = module_of(Path::new("io/peer/drive.rs"));
    let found = names(source, &module);
    let found: Vec<_> = found.iter().map(|it| (it.path.join("::"), it.line)).collect();
    let expected = [
        ("std::fs::File", 3),
        ("std::time", 3),
        ("std::time::Instant", 3),
        ("crate::io::peer::storage", 4),
        ("crate::io::peer::other::Thing", 4),
        ("webrtc::run", 8),
        ("tokio::Task", 8),
        ("crate::io::peer::drive::g", 8),
        ("Instant::now", 8),
        ("crate::ui::draw", 8),
        ("crate::io::peer::drive::last::One", 12),
    ];
    let expected: Vec<_> = expected.map(|(path, line)| (path.to_owned(), line)).into();
    assert_eq!(found, expected);
}

#[test]
fn a_module_is_named_after_its_file() {
    for (file, module) in [
        ("lib.rs", "crate"),
        ("io/mod.rs", "crate::io"),
        ("io/peer/drive.rs", "crate::io::peer::drive"),
    ] {
        assert_eq!(module_of(Path::new(file)).join("::"), module);
    }
}
