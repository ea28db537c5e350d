//! What a person says of the terminal, in place of what is found out.

use super::Graphics;
use crate::picture::cells::{Depth, Glyphs};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// What is wished for; each `None` if nothing was said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wishes {
    /// How stills are drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graphics: Option<Wish<Graphics>>,
    /// Which glyphs the cells of pictures are made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cells: Option<Wish<Glyphs>>,
    /// How many colours there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<Wish<Depth>>,
}

/// One thing that is wished for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wish<T> {
    /// Whatever is found out.
    Auto,
    /// This, whatever is found out.
    This(T),
}

/// A thing that can be wished for by its name.
pub trait Named: Copy + PartialEq + 'static {
    /// All of them, with their names.
    const NAMES: &'static [(&'static str, Self)];
}

impl Named for Graphics {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("kitty", Self::Kitty),
        ("iterm2", Self::Iterm2),
        ("sixel", Self::Sixel),
        ("cells", Self::Cells),
    ];
}

impl Named for Glyphs {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("half", Self::Half),
        ("block", Self::Block),
        ("sextant", Self::Sextant),
        ("octant", Self::Octant),
    ];
}

impl Named for Depth {
    const NAMES: &'static [(&'static str, Self)] =
        &[("true", Self::True), ("256", Self::Ansi256), ("16", Self::Ansi16), ("none", Self::None)];
}

impl Wishes {
    /// These, and of what nothing is said, those.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            graphics: self.graphics.or(others.graphics),
            cells: self.cells.or(others.cells),
            color: self.color.or(others.color),
        }
    }

    /// What is worth remembering of these: not what is found out anyway.
    #[must_use]
    pub fn explicit(self) -> Self {
        Self {
            graphics: self.graphics.filter(|wish| *wish != Wish::Auto),
            cells: self.cells.filter(|wish| *wish != Wish::Auto),
            color: self.color.filter(|wish| *wish != Wish::Auto),
        }
    }
}

impl<T> Wish<T> {
    /// What is wished for, if it is not whatever is found out.
    pub fn this(self) -> Option<T> {
        match self {
            Self::Auto => None,
            Self::This(this) => Some(this),
        }
    }
}

impl<T: Named> FromStr for Wish<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == AUTO {
            return Ok(Self::Auto);
        }
        let known = T::NAMES.iter().find(|(name, _)| *name == text);
        known.map(|(_, this)| Self::This(*this)).ok_or_else(|| {
            let names: Vec<_> = T::NAMES.iter().map(|(name, _)| *name).collect();
            let (last, names) = names.split_last().unwrap_or((&AUTO, &[]));
            format!("say auto, {} or {last}", names.join(", "))
        })
    }
}

impl<T: Named> fmt::Display for Wish<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = |this: &T| T::NAMES.iter().find(|(_, it)| it == this).map(|(name, _)| *name);
        f.write_str(match self {
            Self::Auto => AUTO,
            Self::This(this) => known(this).unwrap_or(AUTO),
        })
    }
}

impl<T: Named> Serialize for Wish<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T: Named> Deserialize<'de> for Wish<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

const AUTO: &str = "auto";
