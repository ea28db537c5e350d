//! Where the terminal draws pixels, a photo is one.

use crate::world::launch::Launch;
use crate::world::terminal::Terminal;
use data_encoding::BASE64;
use image::DynamicImage;
use std::collections::BTreeMap;

/// Ann, who holds a photo, on a terminal of this kind, where pictures begin like this.
fn holds_a_photo(graphics: &str, beginning: &str) -> Terminal {
    let mut ann = Launch::of("Ann").start(&["--listen", "127.0.0.1:0", "--graphics", graphics]);
    ann.sees_the_camera();
    ann.press("s");
    ann.shows("held: Enter sends");
    ann.is_written(beginning);
    ann.settles();
    ann
}

#[test]
fn by_kitty_s_graphics_and_behind_a_panel_it_is_cells_for_as_long() {
    let mut ann = holds_a_photo("kitty", "\x1b_Ga=p");
    let shown = pictures(&ann);
    let [picture] = &shown.values().collect::<Vec<_>>()[..] else { panic!("{:?}", shown.keys()) };
    is_the_test_card(picture);
    ann.press("?");
    ann.shows("snap and send at once");
    ann.settles();
    assert_eq!(pictures(&ann).len(), 0, "the panel is not behind it");
    ann.press("?");
    ann.shows_no_more("snap and send at once");
    ann.settles();
    assert_eq!(pictures(&ann).len(), 1);
    ann.quits();
    assert_eq!(pictures(&ann).len(), 0, "it is not left to the shell");
}

#[test]
fn by_iterm2_s_images() {
    let ann = holds_a_photo("iterm2", IMAGE);
    let text = text(&ann);
    let (_, file) = text.rsplit_once(IMAGE).expect("an image");
    let (keys, rest) = file.split_once(':').expect("keys, then the file");
    let (base64, _) = rest.split_once('\x07').expect("its end");
    assert!(keys.contains("width=48;height=14"), "{keys}");
    is_the_test_card(&decode(base64));
}

#[test]
fn by_sixels_of_the_size_of_its_cells() {
    let ann = holds_a_photo("sixel", SIXEL);
    let text = text(&ann);
    let (_, sixel) = text.rsplit_once(SIXEL).expect("an image");
    let (sixel, _) = sixel.split_once("\x1b\\").expect("its end");
    let size: Vec<u32> =
        sixel[1..].split(['#', ';']).take(4).map(|number| number.parse().expect("one")).collect();
    // As large as the cells of these stories' terminals are, by their own word.
    assert_eq!(size[2..], [48 * 8, 14 * 16]);
}

/// What kitty would show at the end of all that was written.
fn pictures(ann: &Terminal) -> BTreeMap<String, DynamicImage> {
    let (mut data, mut shown) = (BTreeMap::<String, String>::new(), BTreeMap::new());
    let mut open = String::new();
    for command in text(ann).split("\x1b_G").skip(1) {
        let (command, _) = command.split_once("\x1b\\").expect("its end");
        let (keys, more) = command.split_once(';').expect("keys, then data");
        let key = |name: &str| {
            let pairs = keys.split(',').filter_map(|key| key.split_once('='));
            pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        };
        let id = key("i").unwrap_or_else(|| open.clone());
        match key("a").as_deref() {
            Some("q") => {}
            Some("p") => drop(shown.insert(id.clone(), decode(&data[&id]))),
            Some("d") => drop((shown.remove(&id), data.remove(&id))),
            _ => data.entry(id.clone()).or_default().push_str(more),
        }
        open = id;
    }
    shown
}

fn is_the_test_card(picture: &DynamicImage) {
    let picture = picture.to_rgb8();
    let (width, height) = picture.dimensions();
    // Its bars, from the left: white, yellow, and the last but one is blue.
    let at = |bar: u32| picture.get_pixel(width * (bar * 2 + 1) / 16, height / 4).0;
    assert!(at(0).iter().all(|value| *value > 150), "{:?}", at(0));
    assert!(at(1)[0] > 150 && at(1)[2] < 60, "{:?}", at(1));
    assert!(at(6)[2] > 150 && at(6)[0] < 60, "{:?}", at(6));
}

fn decode(base64: &str) -> DynamicImage {
    let bytes = BASE64.decode(base64.as_bytes()).expect("base64");
    image::load_from_memory(&bytes).expect("a picture")
}

fn text(ann: &Terminal) -> String {
    String::from_utf8(ann.bytes()).expect("text")
}

const IMAGE: &str = "\x1b]1337;File=inline=1;";
const SIXEL: &str = "\x1bP0;1q";
