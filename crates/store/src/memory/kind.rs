//! Kinds: their settings and the counts of their tasks.

use super::roll::Member;
use super::world::World;
use crate::bounds::KINDS_MAX;
use crate::{
    KindChange, KindPage, KindRecord, KindSettings, ListNames, Name, RequestError, validate,
};

impl World {
    pub(super) fn configure_kind(
        &mut self,
        name: &Name,
        change: KindChange,
    ) -> Result<KindSettings, RequestError> {
        validate::name("kind", name)?;
        self.forget_unmade();
        if self.kinds.lacks_room(name, KINDS_MAX) {
            return Err(validate::too_many_kinds(name).into());
        }
        let place = self.kinds.place(name);
        let kind = self.kinds.make(place);
        kind.settings = change.apply(&kind.settings);
        let settings = kind.settings;
        self.watch.note();
        Ok(settings)
    }

    pub(super) fn kind_page(&self, request: &ListNames) -> Result<KindPage, RequestError> {
        validate::page(request.limit)?;
        let show = |kind: &Member<KindSettings>| KindRecord {
            name: kind.name.clone(),
            settings: kind.settings,
            unfinished: kind.unfinished,
        };
        let (kinds, next) = self.kinds.page(request, show);
        Ok(KindPage { kinds, next })
    }
}
