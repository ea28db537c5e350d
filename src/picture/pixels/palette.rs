//! The few colours that are nearest to those of a picture.
//!
//! Colours are counted in 32 steps a channel. The cluster with the largest error is split in
//! two, until there are enough of them; then each colour goes to the nearest average, twice, which
//! mends what straight cuts got wrong.

use crate::picture::diffuse::{Colour, minus, plus, rgb, square, times};
use image::RgbImage;

/// Colours that are alike, and how many pixels have them.
#[derive(Debug, Clone, Copy)]
struct Bin {
    colour: Colour,
    count: f32,
}

/// At most so many colours, and at least one.
pub(super) fn palette(image: &RgbImage, colours: usize) -> Vec<[u8; 3]> {
    let mut bins = bins(image);
    let mut clusters = vec![Cluster::of(&bins, 0)];
    while clusters.len() < colours {
        let worst =
            (0..clusters.len()).max_by(|&a, &b| clusters[a].error.total_cmp(&clusters[b].error));
        let Some(worst) = worst.filter(|&at| clusters[at].error > 0.0) else { break };
        let Cluster { start, end, axis, mean, .. } = clusters[worst];
        let bins = &mut bins[start..end];
        bins.sort_unstable_by(|a, b| a.colour[axis].total_cmp(&b.colour[axis]));
        // The largest is above the average and the least below it, so neither side is empty.
        let middle = bins.partition_point(|bin| bin.colour[axis] < mean[axis]);
        let middle = middle.clamp(1, bins.len() - 1);
        clusters[worst] = Cluster::of(&bins[..middle], start);
        clusters.push(Cluster::of(&bins[middle..], start + middle));
    }
    let mut means: Vec<Colour> = clusters.iter().map(|it| it.mean).collect();
    for _ in 0..ROUNDS {
        refine(&mut means, &bins);
    }
    let mut colours: Vec<_> = means.into_iter().map(rgb).collect();
    colours.sort_unstable();
    colours.dedup();
    colours
}

/// Each average becomes that of the bins it is nearest to.
fn refine(means: &mut [Colour], bins: &[Bin]) {
    let mut sums = vec![[0.0; 4]; means.len()];
    for bin in bins {
        let nearest = nearest(means, bin.colour);
        // The fourth value counts.
        let [red, green, blue, _] = times(bin.colour, bin.count);
        sums[nearest] = plus(sums[nearest], [red, green, blue, bin.count]);
    }
    for (mean, sum) in means.iter_mut().zip(sums) {
        if sum[3] > 0.0 {
            let [red, green, blue, _] = times(sum, 1.0 / sum[3]);
            *mean = [red, green, blue, 0.0];
        }
    }
}

/// Which colour is nearest.
pub(super) fn nearest(colours: &[Colour], wanted: Colour) -> usize {
    let mut best = (f32::INFINITY, 0);
    for (at, &colour) in colours.iter().enumerate() {
        let apart = square(minus(colour, wanted));
        if apart < best.0 {
            best = (apart, at);
        }
    }
    best.1
}

/// Some of the bins, from one to another, and what a single colour in their place would cost.
struct Cluster {
    start: usize,
    end: usize,
    mean: Colour,
    error: f32,
    /// The channel that has most of the error.
    axis: usize,
}

impl Cluster {
    fn of(bins: &[Bin], start: usize) -> Self {
        let count: f32 = bins.iter().map(|bin| bin.count).sum();
        let sum = bins.iter().fold([0.0; 4], |sum, bin| plus(sum, times(bin.colour, bin.count)));
        let mean = times(sum, 1.0 / count.max(1.0));
        let mut errors = [0.0_f32; 3];
        if bins.len() > 1 {
            for bin in bins {
                let apart = minus(bin.colour, mean);
                for channel in 0..3 {
                    errors[channel] += apart[channel] * apart[channel] * bin.count;
                }
            }
        }
        let axis = (0..3).max_by(|&a, &b| errors[a].total_cmp(&errors[b])).unwrap_or_default();
        Self { start, end: start + bins.len(), mean, error: errors.iter().sum(), axis }
    }
}

fn bins(image: &RgbImage) -> Vec<Bin> {
    let mut sums = vec![[0_u64; 4]; 1 << 15];
    for pixel in image.pixels() {
        let [red, green, blue] = pixel.0.map(|value| usize::from(value >> 3));
        let sum = &mut sums[red << 10 | green << 5 | blue];
        for channel in 0..3 {
            sum[channel] += u64::from(pixel[channel]);
        }
        sum[3] += 1;
    }
    let filled = sums.into_iter().filter(|sum| sum[3] > 0);
    let bin = |[red, green, blue, count]: [u64; 4]| {
        let mean = |sum: u64| sum as f32 / count as f32;
        Bin { colour: [mean(red), mean(green), mean(blue), 0.0], count: count as f32 }
    };
    filled.map(bin).collect()
}

const ROUNDS: usize = 2;
