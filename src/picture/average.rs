//! Averaging areas of samples: first whole rows, whatever their bytes mean, then along the row.
//!
//! So one filter serves RGB pictures (`scale`) and a camera's raw planes (`convert`) alike.
//! Weights are worked out once a picture; sums are whole numbers that cannot overflow.

/// Rows of bytes: a picture, or one plane of a frame.
pub(super) struct Rows<'a> {
    /// At least `stride * (count - 1) + row_bytes` bytes.
    pub data: &'a [u8],
    /// Bytes from row to row.
    pub stride: usize,
    /// Bytes of a row that count.
    pub row_bytes: usize,
    /// How many rows.
    pub count: u32,
}

impl Rows<'_> {
    /// Averages down to `height` rows; each is handed over once, from the top, its values
    /// times 256. Stops early where `data` is too short.
    pub fn average(&self, height: u32, mut take: impl FnMut(&[u16])) {
        let down = Weights::new(self.count, height, 1 << 8);
        let mut sums = vec![0_u16; self.row_bytes];
        for span in &down.spans {
            sums.fill(0);
            for (row, &weight) in (span.first..).zip(down.of(span)) {
                let start = row * self.stride;
                let Some(bytes) = self.data.get(start..start + self.row_bytes) else {
                    return;
                };
                // Weights of a span add up to 256, so the sum of 255s is 65,280: it never wraps.
                let weight = weight as u16;
                for (sum, &byte) in sums.iter_mut().zip(bytes) {
                    *sum = sum.wrapping_add(u16::from(byte).wrapping_mul(weight));
                }
            }
            take(&sums);
        }
    }
}

/// How much each source sample counts for each new one.
pub(super) struct Weights {
    pub spans: Vec<Span>,
    weights: Vec<u32>,
}

/// One new sample.
pub(super) struct Span {
    /// The first source sample that counts.
    pub first: usize,
    /// Where its weights stand.
    weights: std::ops::Range<usize>,
}

/// The sum of the weights along a row: with row sums of at most 65,280 it just fits 32 bits.
pub(super) const WHOLE_ROW: u32 = 1 << 16;

impl Weights {
    /// For `from` samples made into `to`, each new one's weights adding up to `whole`.
    pub fn new(from: u32, to: u32, whole: u32) -> Self {
        let (from, to, whole) = (u64::from(from), u64::from(to), u64::from(whole));
        let mut weights = Vec::with_capacity((from + to) as usize);
        let spans = (0..to).map(|new| {
            // In units of one `to`th of a source sample: exact, so the spans meet.
            let (start, end) = (new * from, (new + 1) * from);
            let share = |at: u64| ((at.min(end) - start) * whole + from / 2) / from;
            let (first, begin) = (start / to, weights.len());
            let mut before = 0;
            for sample in first..end.div_ceil(to) {
                let after = share((sample + 1) * to);
                weights.push((after - before) as u32);
                before = after;
            }
            Span { first: first as usize, weights: begin..weights.len() }
        });
        Self { spans: spans.collect(), weights }
    }

    /// The weights of the samples from the span's first on.
    pub fn of(&self, span: &Span) -> &[u32] {
        &self.weights[span.weights.clone()]
    }

    /// Averages one channel along a row of sums. `row` is read at `from`, `from + step`, …;
    /// `line` is written at `to`, `to + apart`, …
    pub fn along(
        &self,
        row: &[u16],
        from: usize,
        step: usize,
        line: &mut [u8],
        to: usize,
        apart: usize,
    ) {
        for (span, new) in self.spans.iter().zip(line[to..].iter_mut().step_by(apart)) {
            let samples = row[from + span.first * step..].iter().step_by(step);
            // 2^16 parts of 16-bit sums, and half of 2^24 to round: 32 bits just hold it.
            let sum = samples.zip(self.of(span)).fold(1_u32 << 23, |sum, (&sample, &weight)| {
                sum.wrapping_add(u32::from(sample).wrapping_mul(weight))
            });
            *new = (sum >> 24) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn weights_always_add_up(from in 1..3000_u32, to in 1..300_u32, bits in 8..21_u32) {
            let weights = Weights::new(from, to, 1 << bits);
            prop_assert_eq!(weights.spans.len(), to as usize);
            for span in &weights.spans {
                prop_assert_eq!(weights.of(span).iter().sum::<u32>(), 1 << bits);
                prop_assert!(span.first + weights.of(span).len() <= from as usize);
            }
        }
    }
}
