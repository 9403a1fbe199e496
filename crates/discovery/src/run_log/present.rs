//! Reading past segments whose files are gone: their output is a gap, and the rest is there.

use std::sync::Arc;

use pod_protocol::Offset;
use pod_store::{OutputReader, SegmentReader, StoreError};

/// Reading past segments whose files are gone.
pub(super) trait Present {
    /// As [`OutputReader::read`], past what has vanished.
    fn read_present(
        &mut self,
        from: Offset,
        end: Offset,
        max_bytes: usize,
    ) -> Result<Option<(Offset, Vec<u8>)>, StoreError>;

    /// As [`OutputReader::read_into`], past what has vanished.
    fn read_present_into(
        &mut self,
        from: Offset,
        end: Offset,
        buffer: &mut [u8],
    ) -> Result<Option<(Offset, usize)>, StoreError>;

    /// As [`OutputReader::read_back`], past what has vanished.
    fn read_present_back(
        &mut self,
        start: Offset,
        end: Offset,
        max_bytes: usize,
    ) -> Result<Option<(Offset, Vec<u8>)>, StoreError>;

    /// As [`OutputReader::read_back_into`], past what has vanished.
    fn read_present_back_into(
        &mut self,
        start: Offset,
        end: Offset,
        buffer: &mut [u8],
    ) -> Result<Option<(Offset, usize)>, StoreError>;

    /// The segment `index`; `None` if its files are gone.
    fn present(&mut self, index: usize) -> Result<Option<Arc<SegmentReader>>, StoreError>;
}

impl Present for OutputReader {
    fn read_present(
        &mut self,
        from: Offset,
        end: Offset,
        max_bytes: usize,
    ) -> Result<Option<(Offset, Vec<u8>)>, StoreError> {
        let left = usize::try_from(end.since(from)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; left.min(max_bytes)];
        let read = self.read_present_into(from, end, &mut bytes)?;
        Ok(read.map(|(at, filled)| {
            bytes.truncate(filled);
            (at, bytes)
        }))
    }

    fn read_present_into(
        &mut self,
        from: Offset,
        end: Offset,
        buffer: &mut [u8],
    ) -> Result<Option<(Offset, usize)>, StoreError> {
        let mut at = from;
        loop {
            let error = match self.read_into(at, end, buffer) {
                Err(error @ StoreError::NoLog { .. }) => error,
                read => return read,
            };
            // Segments are read in order: the first one that is not there stands in the way.
            let first = self.segment_at(self.gaps().kept_from(at));
            let indices = first..self.segments().len() - 1;
            match first_absent(self, indices)? {
                Some(absent) => at = self.segments()[absent + 1].started.out_base.max(at),
                None => return Err(error),
            }
        }
    }

    fn read_present_back(
        &mut self,
        start: Offset,
        end: Offset,
        max_bytes: usize,
    ) -> Result<Option<(Offset, Vec<u8>)>, StoreError> {
        let left = usize::try_from(end.since(start)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; left.min(max_bytes)];
        let read = self.read_present_back_into(start, end, &mut bytes)?;
        Ok(read.map(|(at, filled)| {
            bytes.truncate(filled);
            (at, bytes)
        }))
    }

    fn read_present_back_into(
        &mut self,
        start: Offset,
        end: Offset,
        buffer: &mut [u8],
    ) -> Result<Option<(Offset, usize)>, StoreError> {
        let mut until = end;
        loop {
            let error = match self.read_back_into(start, until, buffer) {
                Err(error @ StoreError::NoLog { .. }) => error,
                read => return read,
            };
            let last = self.gaps().kept_end(until).0.saturating_sub(1);
            let last = self.segment_at(Offset(last));
            match first_absent(self, (0..=last).rev())? {
                Some(absent) => until = self.segments()[absent].started.out_base.min(until),
                None => return Err(error),
            }
        }
    }

    fn present(&mut self, index: usize) -> Result<Option<Arc<SegmentReader>>, StoreError> {
        match self.segment_reader(index) {
            Err(StoreError::NoLog { .. }) => Ok(None),
            reader => reader.map(Some),
        }
    }
}

/// The first of `indices` whose files are gone. Those of the newest segment are open.
fn first_absent(
    reader: &mut OutputReader,
    indices: impl Iterator<Item = usize>,
) -> Result<Option<usize>, StoreError> {
    for index in indices {
        if reader.present(index)?.is_none() {
            return Ok(Some(index));
        }
    }
    Ok(None)
}
