//! What is served of a module: the same without the comments that stand on lines of their own,
//! which are a fifth of what a phone would load.
//!
//! Pure. `build.rs` uses it too: it is done once, when the program is built.

/// The text of a module as it is served.
pub fn served(text: &str) -> String {
    without_line_comments(&without_doc_comments(text))
}

/// Leaves out `/** … */` that begins a line and ends one.
fn without_doc_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let line = rest.find('\n').map_or(rest, |end| &rest[..=end]);
        let comment = if line.trim_start_matches(' ').starts_with("/**") {
            rest.find("*/\n").filter(|end| rest.find("*/") == Some(*end))
        } else {
            None
        };
        if let Some(end) = comment {
            rest = &rest[end + "*/\n".len()..];
        } else {
            kept.push_str(line);
            rest = &rest[line.len()..];
        }
    }
    kept
}

/// Leaves out lines of `//`.
fn without_line_comments(text: &str) -> String {
    let is_code = |line: &&str| !line.trim_start_matches(' ').starts_with("//");
    text.split_inclusive('\n').filter(is_code).collect()
}

#[cfg(test)]
mod tests {
    use super::served;

    #[test]
    fn comments_on_lines_of_their_own_are_left_out() {
        let text = "// What it is.\n/** Adds. */\nexport const add = (a) => a + 1 // one\n  /**\n   * More\n   * of it.\n   */\n  f()\n  // end\n";
        assert_eq!(served(text), "export const add = (a) => a + 1 // one\n  f()\n");
    }

    #[test]
    fn what_only_looks_like_a_comment_stays() {
        for text in [
            "const url = 'http://a'\n",
            "f(/** inside */ 1)\n",
            "/** first */ f()\n",
            "const glob = '/**'\n",
            "/** never ends\n f()\n",
            "",
        ] {
            assert_eq!(served(text), text);
        }
    }
}
