-- The keys of a manual order, in the scheme of the npm package fractional-indexing: an integer part, whose first letter says how long it is ("a0", "a1", … "az",
-- "b00", before "a0" comes "Zz"), and a fraction in base 62 without trailing zeros. Keys are compared byte by byte, so every comparison says collate "C".

-- The integer part after or before another one; null if there is none.
create or replace function public.position_step(whole text, forward boolean) returns text
language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  digits constant text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  last constant text := case when forward then 'z' else '0' end;
  first constant text := case when forward then '0' else 'z' end;
  rest integer := length(whole);
  wrapped text := '';
  head text := left(whole, 1);
begin
  while rest > 1 and substr(whole, rest, 1) = last loop
    rest := rest - 1;
    wrapped := wrapped || first;
  end loop;
  if rest > 1 then
    return left(whole, rest - 1) || substr(digits, strpos(digits, substr(whole, rest, 1)) + case when forward then 1 else -1 end, 1) || wrapped;
  end if;
  if head = (case when forward then 'z' else 'A' end) then
    return null;
  end if;
  return case
    when forward and head = 'Z' then 'a0'
    when not forward and head = 'a' then 'Zz'
    when forward = (head >= 'a' collate "C") then chr(ascii(head) + case when forward then 1 else -1 end) || wrapped || first
    else chr(ascii(head) + case when forward then 1 else -1 end) || substr(wrapped, 2)
  end;
end $$;
revoke all on function public.position_step(text, boolean) from public;

-- A key between two keys; null stands for the beginning or the end. Null if there is no room, because the keys are equal or not in order.
create or replace function public.position_between(a text, b text) returns text
language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  digits constant text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  whole_a constant text := left(a, case when a >= 'a' collate "C" then ascii(a) - 95 else 92 - ascii(a) end);
  whole_b constant text := left(b, case when b >= 'a' collate "C" then ascii(b) - 95 else 92 - ascii(b) end);
  made text;
  low text;
  high text;
  common integer := 0;
  low_digit integer;
  high_digit integer;
begin
  if a is null and b is null then
    return 'a0';
  elsif a is null then
    if whole_b <> b and whole_b <> 'A00000000000000000000000000' then
      return whole_b;
    end if;
    made := public.position_step(whole_b, false);
    if made <> 'A00000000000000000000000000' then
      return made;
    end if;
    made := 'A00000000000000000000000000';
    low := '';
    high := case when whole_b = made then substr(b, 28) end;
  else
    if a >= b collate "C" then
      return null;
    end if;
    made := whole_a;
    low := substr(a, length(whole_a) + 1);
    high := case when whole_a = whole_b then substr(b, length(whole_b) + 1) end;
    if high is null then
      made := public.position_step(whole_a, true);
      if made < b collate "C" or b is null and made is not null then
        return made;
      end if;
      made := whole_a;
    end if;
  end if;
  -- The middle of two fractions, of which the higher is null if there is no bound.
  loop
    if high is not null then
      while coalesce(nullif(substr(low, common + 1, 1), ''), '0') = substr(high, common + 1, 1) loop
        common := common + 1;
      end loop;
      made := made || left(high, common);
      low := substr(low, common + 1);
      high := substr(high, common + 1);
    end if;
    low_digit := case when low = '' then 0 else strpos(digits, left(low, 1)) - 1 end;
    high_digit := case when high is null then 62 else strpos(digits, left(high, 1)) - 1 end;
    if high_digit - low_digit > 1 then
      return made || substr(digits, (low_digit + high_digit + 1) / 2 + 1, 1);
    elsif length(high) > 1 then
      return made || left(high, 1);
    end if;
    made := made || substr(digits, low_digit + 1, 1);
    low := substr(low, 2);
    high := null;
  end loop;
end $$;
revoke all on function public.position_between(text, text) from public;

-- `amount` keys between two keys in their order; null if one of them would have more than {{position_bytes}} bytes, or there is no room. A long key on one side does not
-- make the others long: then they all stand on the other side of the first.
create or replace function public.positions_between(a text, b text, amount integer) returns text[]
language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  key text := case when amount > 0 then public.position_between(a, b) end;
  before integer;
  keys text[] := array[key];
  others text[];
begin
  if amount = 0 then
    return '{}';
  elsif key is null or octet_length(key) > {{position_bytes}} then
    return null;
  elsif a is not null and b is not null then
    before := case when length(a) > length(key) then 0 when length(b) > length(key) then amount - 1 else amount / 2 end;
    keys := public.positions_between(a, key, before);
    others := public.positions_between(key, b, amount - before - 1);
    return case when keys is not null and others is not null then keys || key || others end;
  end if;
  for i in 2 .. amount loop
    key := case when b is null then public.position_between(key, null) else public.position_between(null, key) end;
    keys := case when b is null then keys || key else key || keys end;
  end loop;
  return case when octet_length(key) <= {{position_bytes}} then keys end;
end $$;
revoke all on function public.positions_between(text, text, integer) from public;

-- Whether so many keys between two others surely fit into {{position_bytes}} bytes each.
create or replace function public.has_room(a text, b text, amount integer) returns boolean
language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
begin
  return (a < b collate "C") is not false and octet_length(public.position_between(a, b)) + 3 + ceil(ln(amount) / ln(62)) <= {{position_bytes}};
end $$;
revoke all on function public.has_room(text, text, integer) from public;

-- Keys for `amount` new entries in a gap that has no room, and for the fewest entries beside it. `lefts` and `rights` are the keys on its two sides, the nearest first.
-- `moved` is how many of `lefts` get the first of `keys`; the new entries get the next ones, and the rest is for `rights`.
create or replace function public.positions_around(lefts text[], rights text[], amount integer, out moved integer, out keys text[])
language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  on_right integer := 0;
  fewest integer;
begin
  while on_right < cardinality(rights) and not public.has_room(lefts[1], rights[on_right + 1], amount + on_right) loop
    on_right := on_right + 1;
  end loop;
  fewest := on_right;
  moved := 0;
  for more in 1 .. cardinality(lefts) loop
    exit when more >= fewest;
    while on_right > 0 and public.has_room(lefts[more + 1], rights[on_right], amount + more + on_right - 1) loop
      on_right := on_right - 1;
    end loop;
    if more + on_right < fewest then
      fewest := more + on_right;
      moved := more;
    end if;
  end loop;
  keys := public.positions_between(lefts[moved + 1], rights[fewest - moved + 1], amount + fewest);
  if keys is null then
    moved := cardinality(lefts);
    keys := public.positions_between(null, null, moved + amount + cardinality(rights));
  end if;
end $$;
revoke all on function public.positions_around(text[], text[], integer) from public;

grant execute on function public.position_step(text, boolean), public.position_between(text, text), public.positions_between(text, text, integer),
  public.has_room(text, text, integer), public.positions_around(text[], text[], integer) to todo_user;
