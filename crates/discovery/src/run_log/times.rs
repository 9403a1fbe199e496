//! From times to places and back. Marks know the time of output to a tenth of a second; without
//! them the records tell, which know how much output there was when they were written.

use pod_protocol::{Offset, Record, Seq, Timestamp};
use pod_store::{SegmentHead, StoreError};

use super::{RecordPlace, RunLog};

/// How much is read to look at one record, in bytes.
const ONE_RECORD_BYTES: usize = 1;

impl RunLog {
    /// Where the output stood at `at`: what was written later begins there. `None` before anything
    /// is known.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn offset_at(&self, at: Timestamp) -> Result<Option<Offset>, StoreError> {
        let place = self.place_after(at)?;
        for index in (0..=place.segment).rev() {
            let marked = self.marks(index).and_then(|marks| marks.at_time(at).ok()?);
            let recorded = self.record_before(RecordPlace {
                segment: index,
                byte: if index == place.segment {
                    place.byte
                } else {
                    u64::MAX
                },
            })?;
            let recorded = recorded
                .filter(|record| record.at <= at)
                .map(|record| record.out);
            // Both are at or before the moment: the later one is nearer to it.
            if let Some(offset) = marked.map(|mark| mark.offset).max(recorded) {
                return Ok(Some(offset));
            }
        }
        Ok(None)
    }

    /// When the byte at `offset` was written: the latest time that is known not to be after it.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn time_of(&self, offset: Offset) -> Result<Option<Timestamp>, StoreError> {
        let index = self.output().segment_at(offset);
        let marked = self
            .marks(index)
            .and_then(|marks| marks.at_offset(offset).ok()?);
        if let Some(mark) = marked {
            return Ok(Some(mark.at));
        }
        Ok(self.last_record_at(offset)?.map(|record| record.at))
    }

    /// The number of the last record that was written before the byte at `offset`.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn record_at_offset(&self, offset: Offset) -> Result<Option<Seq>, StoreError> {
        Ok(self.last_record_at(offset)?.map(|record| record.seq))
    }

    /// The number of the last record that was written at `at` or before.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn record_at_time(&self, at: Timestamp) -> Result<Option<Seq>, StoreError> {
        let record = self.record_before(self.place_after(at)?)?;
        Ok(record.map(|record| record.seq))
    }

    fn last_record_at(&self, offset: Offset) -> Result<Option<Record>, StoreError> {
        let begun = |head: &SegmentHead| head.started.out_base <= offset;
        let segment = self.last_segment_where(begun)?;
        let byte = match self.segment_reader(segment)? {
            Some(reader) => reader.locate_output(offset.plus(1))?,
            None => 0,
        };
        self.record_before(RecordPlace { segment, byte })
    }

    /// Behind the records that were written at `at` or before.
    fn place_after(&self, at: Timestamp) -> Result<RecordPlace, StoreError> {
        let next = Timestamp::from_millis(at.as_millis().saturating_add(1));
        let count = self.segment_count();
        for segment in (0..count).rev() {
            let Some(reader) = self.segment_reader(segment)? else {
                continue;
            };
            let byte = reader.locate_time(next)?;
            if byte > 0 || segment == 0 {
                return Ok(RecordPlace { segment, byte });
            }
        }
        Ok(RecordPlace::default())
    }

    /// The last readable record before `place`.
    fn record_before(&self, place: RecordPlace) -> Result<Option<Record>, StoreError> {
        let mut place = place;
        loop {
            let before = self.read_records_before(place, ONE_RECORD_BYTES)?;
            if before.lines.is_empty() {
                return Ok(None);
            }
            let mut lines = before.lines.iter().rev();
            if let Some(record) = lines.find_map(|line| Record::from_line(&line.text).ok()) {
                return Ok(Some(record));
            }
            place = before.start;
        }
    }
}
