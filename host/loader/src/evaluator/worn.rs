//! The pages of an image that programs write to, so that the next memory has copies of them from the start.
//!
//! A program that writes to a page of the image for the first time waits for the kernel to copy it and to tell all
//! processors; that costs ten times the copying, and some hundred pages are written to by nearly every program. Copies
//! made ahead change nothing of what a program sees. What was learnt is kept beside the image for the next start.

use crate::whole;
use std::fs;
use std::ops::Range;
use std::path::PathBuf;

/// Pages that are learnt, of 4 KiB: less than a waiting memory may hold, so that there is room for what a program writes
/// besides.
const MOST: usize = 700;

/// What was learnt.
#[derive(Default)]
pub(crate) struct Worn {
    /// A bit for each page of the image.
    pages: Vec<u8>,
    count: usize,
    file: Option<PathBuf>,
    /// Programs so far, and pages when the file was last written.
    programs: u64,
    kept: usize,
}

/// Bytes of a page here, which need not be those of the machine's.
const PAGE: usize = 4096;

impl Worn {
    /// For an image of a length, with what a file has of earlier programs.
    pub(crate) fn new(image: usize, file: Option<PathBuf>) -> Self {
        let length = image.div_ceil(PAGE).div_ceil(8);
        let found = file.as_ref().and_then(|file| fs::read(file).ok());
        let known = |pages: &[u8]| pages.iter().map(|byte| byte.count_ones() as usize).sum::<usize>();
        // One of another image, or a damaged one, is begun anew.
        let pages = found
            .filter(|pages| pages.len() == length && known(pages) <= MOST)
            .unwrap_or_else(|| vec![0; length]);
        let count = known(&pages);
        Worn {
            pages,
            count,
            file,
            programs: 0,
            kept: count,
        }
    }

    /// Takes in what a program wrote to, as far as it lies in the image.
    pub(crate) fn learn(&mut self, written: &[Range<usize>]) {
        for page in written
            .iter()
            .flat_map(|range| range.start / PAGE..range.end.div_ceil(PAGE))
        {
            if self.count >= MOST {
                break;
            }
            if let Some(byte) = self.pages.get_mut(page / 8)
                && *byte & 1 << (page % 8) == 0
            {
                *byte |= 1 << (page % 8);
                self.count += 1;
            }
        }
        self.programs += 1;
        // Often at first, when there is much to learn, and rarely later.
        if self.programs.is_power_of_two() && self.count > self.kept {
            self.keep();
        }
    }

    /// The stretches that were written to, in bytes.
    pub(crate) fn ranges(&self) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let worn = |page: &usize| self.pages[page / 8] & 1 << (page % 8) != 0;
        for page in (0..self.pages.len() * 8).filter(worn) {
            match ranges.last_mut() {
                Some(last) if last.end == page * PAGE => last.end += PAGE,
                _ => ranges.push(page * PAGE..(page + 1) * PAGE),
            }
        }
        ranges
    }

    fn keep(&mut self) {
        self.kept = self.count;
        let Some(file) = &self.file else { return };
        // Without it the next start is a little slower.
        if let Err(error) = whole::write(file, &self.pages) {
            tracing::debug!("keep {}: {error}", file.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::slice;

    #[test]
    fn what_was_written_to_is_known_again_in_stretches() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("worn");
        let mut worn = Worn::new(100 * PAGE, Some(file.clone()));
        worn.learn(&[PAGE..3 * PAGE, 90 * PAGE..90 * PAGE + 1, 1000 * PAGE..1001 * PAGE]);
        worn.learn(slice::from_ref(&(3 * PAGE..4 * PAGE)));
        let expected = [PAGE..4 * PAGE, 90 * PAGE..91 * PAGE];
        assert_eq!(worn.ranges(), expected);
        assert_eq!(Worn::new(100 * PAGE, Some(file.clone())).ranges(), expected);
        assert!(Worn::new(200 * PAGE, Some(file)).ranges().is_empty(), "another image");
    }

    #[test]
    fn a_program_that_writes_everywhere_leaves_room_for_others() {
        let mut worn = Worn::new(10_000 * PAGE, None);
        worn.learn(slice::from_ref(&(0..10_000 * PAGE)));
        assert_eq!(worn.ranges(), slice::from_ref(&(0..MOST * PAGE)));
    }
}
