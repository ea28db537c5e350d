//! Stills of others, as a terminal gets them: `others FILE COLUMNS ROWS HOW`, printed.
//!
//! HOW is `viuer`, or one of ratatui-image's: `halfblocks`, `kitty`, `iterm2`, `sixel`.

use image::DynamicImage;
use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::{Rect, Size};
use ratatui::style::Color;
use ratatui::widgets::Widget;
use ratatui_image::picker::{Picker, ProtocolType};
use ratatui_image::{Image, Resize};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [file, columns, rows, how] = &words[..] else {
        return eprintln!("others FILE COLUMNS ROWS HOW");
    };
    let image = image::open(file).expect("a picture");
    let (columns, rows) = (columns.parse().expect("a number"), rows.parse().expect("a number"));
    let kind = match how.as_str() {
        "viuer" => return viuer(&image, columns, rows),
        "halfblocks" => ProtocolType::Halfblocks,
        "kitty" => ProtocolType::Kitty,
        "iterm2" => ProtocolType::Iterm2,
        "sixel" => ProtocolType::Sixel,
        _ => return eprintln!("{how}: not a way to print"),
    };
    ratatui_image(image, columns, rows, kind);
}

fn viuer(image: &DynamicImage, columns: u16, rows: u16) {
    let config = viuer::Config {
        width: Some(columns.into()),
        height: Some(rows.into()),
        absolute_offset: false,
        truecolor: true,
        use_kitty: false,
        use_iterm: false,
        ..viuer::Config::default()
    };
    viuer::print(image, &config).expect("printed");
}

/// Drawn into a buffer, whose cells are printed as ratatui's backend prints them.
fn ratatui_image(image: DynamicImage, columns: u16, rows: u16, kind: ProtocolType) {
    #[expect(deprecated, reason = "what replaces it asks the terminal")]
    let mut picker = Picker::from_fontsize((8, 16).into());
    picker.set_protocol_type(kind);
    let size = Size::new(columns, rows);
    let protocol = picker.new_protocol(image, size, Resize::Fit(None)).expect("encoded");
    let area = Rect::new(0, 0, columns, rows);
    let mut buffer = Buffer::empty(area);
    Image::new(&protocol).render(area, &mut buffer);
    for y in 0..rows {
        let mut state = (Color::Reset, Color::Reset);
        for x in 0..columns {
            let cell = &buffer[(x, y)];
            if matches!(cell.diff_option, CellDiffOption::Skip) {
                continue;
            }
            if (cell.fg, cell.bg) != state {
                state = (cell.fg, cell.bg);
                for (ground, colour) in [(38, cell.fg), (48, cell.bg)] {
                    if let Color::Rgb(red, green, blue) = colour {
                        print!("\x1b[{ground};2;{red};{green};{blue}m");
                    }
                }
            }
            print!("{}", cell.symbol());
        }
        println!("\x1b[0m");
    }
}
