-- A source that was to be left alone may be asked again.
update throttles set closed_until = null, reason = null where source = :source and closed_until is not null;
