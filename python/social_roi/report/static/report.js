const root = document.documentElement;
const payload = JSON.parse(document.getElementById("payload").textContent);
const byId = (id) => document.getElementById(id);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

/* Numbers in the reader's own format */

const LOCALE = navigator.language;
const FORMATS = {
  count: { maximumFractionDigits: 0 },
  credit: { maximumFractionDigits: 1 },
  cents: { minimumFractionDigits: 2, maximumFractionDigits: 2 },
  roas: { minimumFractionDigits: 2, maximumFractionDigits: 2 },
  roi: { style: "percent", maximumFractionDigits: 0, signDisplay: "exceptZero" },
  whole: { maximumFractionDigits: 0 },
  decimal: { minimumFractionDigits: 2, maximumFractionDigits: 2 },
  money: { minimumFractionDigits: 2, maximumFractionDigits: 2 },
  advice: { minimumSignificantDigits: 2, maximumSignificantDigits: 2 },
  percent: { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 },
  ctr: { style: "percent", minimumFractionDigits: 2, maximumFractionDigits: 2 },
  shift: { minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: "always" },
};
const formats = Object.fromEntries(
  Object.entries(FORMATS).map(([kind, options]) => [
    kind,
    new Intl.NumberFormat(LOCALE, { signDisplay: "negative", roundingMode: "halfEven", ...options }),
  ]),
);

function format(value, kind) {
  const digits = kind === "money" && Math.abs(value) >= 1000 ? "whole" : kind;
  const text = formats[digits].format(kind === "shift" ? 100 * value : value);
  return kind === "roas" ? `${text}x` : text;
}

function writeTable(table) {
  const kinds = all("th", table).map((head) => head.dataset.kind);
  for (const row of all("tr", table).slice(1)) {
    [...row.cells].forEach((cell, column) => {
      const { v, w, k } = cell.dataset;
      if (!v || w === "") return;
      const limits = w === undefined ? [v] : [v, w];
      cell.textContent = limits.map((limit) => format(limit, k ?? kinds[column])).join(" to ");
    });
  }
}

function writeNumbers() {
  for (const element of all("data[data-kind]")) {
    const value = Number(element.value);
    if (Number.isFinite(value)) element.textContent = format(value, element.dataset.kind);
  }
  all("table").forEach(writeTable);
  const day = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeZone: "UTC" });
  for (const time of all("time")) time.textContent = day.format(new Date(time.dateTime));
}

const element = (tag, attributes = {}, text = "") =>
  Object.assign(document.createElement(tag), { ...attributes, textContent: text });

function number(value, kind) {
  const shown = element("data", { value }, format(value, kind));
  shown.dataset.kind = kind;
  return shown;
}

// a sentence whose numbers stand between two control characters, with their kind
function writeMarked(holder, sentence) {
  const parts = sentence.split(/\x02([a-z]+) ([^\x03]+)\x03/);
  holder.replaceChildren(
    ...parts.flatMap((part, place) => {
      if (place % 3 === 1) return [number(Number(parts[place + 1]), part)];
      return place % 3 === 0 ? [part] : [];
    }),
  );
}

/* Charts */

const part = (type) =>
  new Intl.NumberFormat(LOCALE).formatToParts(-12345.6).find((found) => found.type === type)?.value;
const names = (options, dates) => {
  const name = new Intl.DateTimeFormat(LOCALE, { timeZone: "UTC", ...options });
  return dates.map((date) => name.format(date));
};
const months = Array.from({ length: 12 }, (_, month) => Date.UTC(2026, month, 15));
const weekdays = Array.from({ length: 7 }, (_, day) => Date.UTC(2026, 10, 1 + day));
const locale = {
  formatLocale: {
    decimal: part("decimal") ?? ".",
    thousands: part("group") ?? "",
    grouping: [3],
    currency: ["", ""],
  },
  timeFormatLocale: {
    dateTime: "%x, %X",
    date: "%d/%m/%Y",
    time: "%H:%M:%S",
    periods: ["AM", "PM"],
    days: names({ weekday: "long" }, weekdays),
    shortDays: names({ weekday: "short" }, weekdays),
    months: names({ month: "long" }, months),
    shortMonths: names({ month: "short" }, months),
  },
};

const DAY = 24 * 60 * 60 * 1000;
const isoDay = (time) => new Date(time).toISOString().slice(0, 10);

// text and flags come as their distinct values and each row's place among them
const decoded = (column, as) =>
  column.places ? column.places.map((place) => column[as][place]) : column;

function dailyRows(table) {
  const { activity_date: days, ...columns } = Object.fromEntries(
    Object.entries(table).map(([name, column]) => [name, decoded(column, "values")]),
  );
  return days.map((day, row) => {
    const time = Date.parse(day);
    const monday = time - ((new Date(time).getUTCDay() + 6) % 7) * DAY;
    return {
      day,
      week: isoDay(monday),
      week_end: isoDay(monday + 6 * DAY),
      ...Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[row]])),
    };
  });
}
const daily = dailyRows(payload.daily);
const ACCENT = "#1f7a6d";

function config(theme, width) {
  const [text, quiet, line] =
    theme === "dark" ? ["#e8eaed", "#a3abb5", "#313740"] : ["#1b1f24", "#596069", "#e3e6ea"];
  const font = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif";
  return {
    background: "transparent",
    font,
    view: { stroke: null },
    axis: {
      labelColor: quiet, titleColor: quiet, gridColor: line, domain: false, ticks: false,
      labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", labelPadding: 8,
      titlePadding: 10,
    },
    axisX: { tickCount: Math.max(3, Math.round(width / 110)) },
    axisY: { labelColor: text, labelLimit: width < 520 ? 128 : 240, grid: false },
    axisYQuantitative: { labelColor: quiet, grid: true, tickCount: 5 },
    axisBand: { grid: false },
    legend: { orient: "top", labelColor: text, symbolBaseFillColor: quiet,
      symbolBaseStrokeColor: quiet, labelFontSize: 12, symbolSize: 90, offset: 6,
      columns: Math.max(1, Math.floor(width / 165)), labelLimit: 170 },
    mark: { color: theme === "dark" ? payload.dark[ACCENT] : ACCENT },
    point: { opacity: 1 },
    circle: { opacity: 1 },
    tick: { color: text },
    text: { color: text, fontSize: 12 },
    title: { color: text, fontSize: 16, anchor: "start", subtitleColor: quiet, offset: 16 },
    line: { strokeWidth: 2.5 },
    rule: { strokeCap: "round" },
  };
}

const isDark = matchMedia("(prefers-color-scheme: dark)");
let chosenTheme = "auto";
const currentTheme = () =>
  chosenTheme === "auto" ? (isDark.matches ? "dark" : "light") : chosenTheme;

async function unzipped(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

// the charts' library runs as any script in the page does, once the text of the page is shown
let library;
const loadLibrary = () =>
  (library ??= unzipped(byId("library").textContent).then((script) => {
    document.head.append(element("script", {}, `(() => { "use strict"; ${script} })();`));
  }));

const views = new Map();
const ONLY_ERRORS = 1;
async function embed(element, spec, options) {
  await loadLibrary();
  return vegaEmbed(element, spec, {
    ast: true, actions: false, renderer: "svg", logLevel: ONLY_ERRORS, ...locale, ...options,
  });
}

// rows come as lists, with their fields once
function unpacked(part) {
  if (Array.isArray(part)) return part.map(unpacked);
  if (part === null || typeof part !== "object") return part;
  return Object.fromEntries(
    Object.entries(part).map(([name, item]) =>
      name === "data" && item.values?.[0]?.fields
        ? [name, { ...item, values: item.values.flatMap(asObjects) }]
        : [name, unpacked(item)],
    ),
  );
}

const asObjects = ({ fields, rows }) =>
  rows.map((row) => Object.fromEntries(fields.map((field, place) => [field, row[place]])));

function prepared(key, width, theme) {
  const { spec: drawn, level } = payload.charts[key];
  const coloured = theme === "dark"
    ? JSON.stringify(drawn).replace(/#[0-9a-f]{6}/g, (colour) => payload.dark[colour] ?? colour)
    : JSON.stringify(drawn);
  const spec = unpacked(JSON.parse(coloured));
  if (spec.data?.name === "daily") spec.data.values = daily;
  if (level) useShownReturns(spec, level);
  for (const parameter of spec.params ?? []) {
    if (parameter.name === "platforms") parameter.value = shownPlatforms();
    if (parameter.name === "from_day") parameter.value = days.from?.value ?? "";
    if (parameter.name === "to_day") parameter.value = days.to?.value ?? "";
  }
  return { ...spec, width, autosize: { type: "fit-x", contains: "padding" } };
}

async function draw(element) {
  const width = element.clientWidth;
  const theme = currentTheme();
  const drawn = views.get(element.id);
  const isHidden = width === 0;
  if (isHidden || (drawn?.width === width && drawn.theme === theme)) return;
  views.set(element.id, { width, theme });
  const result = await embed(element, prepared(element.id, width, theme), {
    config: config(theme, width),
  });
  const latest = views.get(element.id);
  if (latest.width !== width || latest.theme !== theme) return;
  drawn?.view?.finalize();
  latest.view = result.view;
  element.dataset.drawn = theme;
}

const drawOpenTab = () =>
  Promise.all(all(`#panel-${root.dataset.tab} .canvas`).map((element) => draw(element)));

const filePart = (name) => name.replace(/[^\p{L}\p{N}.-]+/gu, "-");
const marks = (isSimulated) =>
  [payload.invented && "invented data", isSimulated && "simulated money"].filter(Boolean);

// what a picture must not lose when it leaves the page
function subtitles(key, width) {
  const { note, basis, simulated } = payload.charts[key];
  const shown = filterNote([...all(`#block-${key}`)[0].dataset.follows.split(" "), "rule"]);
  const first = marks(simulated).join(", ").toUpperCase();
  const lines = [first, note, basis, shown, chosenRule(), ...payload.about];
  return lines.filter(Boolean).flatMap((line) => wrapped(line, width / 6.6));
}

function wrapped(text, length) {
  const lines = [""];
  for (const word of text.split(" ")) {
    if (lines.at(-1) && lines.at(-1).length + word.length >= length) lines.push("");
    lines[lines.length - 1] += (lines.at(-1) && " ") + word;
  }
  return lines;
}

async function downloadChart(key, type) {
  const { simulated } = payload.charts[key];
  const title = {
    text: wrapped(document.getElementById(`title-${key}`).firstChild.textContent.trim(), 90),
    subtitle: subtitles(key, 900),
  };
  const spec = { ...prepared(key, 900, "light"), title };
  const holder = document.createElement("div");
  const { view } = await embed(holder, spec, {
    config: { ...config("light", 900), background: "#ffffff", padding: 16 },
  });
  const url = await view.toImageURL(type, 2);
  view.finalize();
  save(url, [key, ...marks(simulated).map(filePart), type].join("."));
}

function save(url, name) {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}

function dailyCsv() {
  const columns = Object.values(payload.daily).map((column) => decoded(column, "cells"));
  const rows = daily.map((_, row) => columns.map((column) => column[row] ?? "").join(","));
  return [Object.keys(payload.daily).join(","), ...rows, ""].join("\r\n");
}

let tableTexts;
async function tableText(key) {
  tableTexts ??= JSON.parse(await unzipped(payload.csv));
  return tableTexts[key];
}

async function downloadTable(key) {
  const text = shownCsv(key) ?? (await tableText(key)) ?? dailyCsv();
  // spreadsheets recognise UTF-8 by the byte order mark
  const url = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
  const simulated = document.querySelector(`#block-${key} .simulated`) !== null;
  save(url, [key, ...ruleParts(key), ...marks(simulated).map(filePart), "csv"].join("."));
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/* Tables */

function sortBy(head) {
  const table = head.closest("table");
  const column = head.cellIndex;
  const isText = head.classList.contains("text");
  const first = isText ? "ascending" : "descending";
  const other = isText ? "descending" : "ascending";
  const order = head.getAttribute("aria-sort") === first ? other : first;
  for (const sibling of head.parentNode.cells) sibling.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", order);
  const sign = order === "ascending" ? 1 : -1;
  const key = (row) => (isText ? row.cells[column].textContent : row.cells[column].dataset.v);
  const collator = new Intl.Collator(LOCALE, { numeric: true });
  const rows = [...table.tBodies[0].rows].sort((one, two) => {
    const [a, b] = [key(one), key(two)];
    if (a === "" || b === "") return (a === "") - (b === "");
    return sign * (isText ? collator.compare(a, b) : a - b);
  });
  table.tBodies[0].append(...rows);
}

/* Filters: the rule, the window, platforms and days, all in the address */

const boxes = all("input[name=platform]");
const days = { from: byId("from-day"), to: byId("to-day") };
const menu = { rule: byId("rule"), window: byId("window") };
const filterBox = byId("filter");
const initial = {
  rule: menu.rule?.value, window: menu.window?.value, from: days.from?.value, to: days.to?.value,
};

function shownPlatforms() {
  const shown = boxes.filter((box) => box.checked).map((box) => box.value);
  return shown.length === boxes.length ? null : shown;
}

const isChosen = {
  platforms: () => shownPlatforms() !== null,
  days: () => days.from && (days.from.value !== initial.from || days.to.value !== initial.to),
  rule: () => menu.rule && menu.rule.value !== initial.rule,
  window: () => menu.window && menu.window.value !== initial.window,
};

function address(place) {
  const state = new URLSearchParams();
  for (const name of ["rule", "window"]) {
    if (isChosen[name]()) state.set(name, menu[name].value);
  }
  if (isChosen.days()) {
    state.set("from", days.from.value);
    state.set("to", days.to.value);
  }
  if (isChosen.platforms()) state.set("platforms", shownPlatforms().join("|"));
  return state.size ? `${place}?${state}` : place;
}

function readState(text) {
  const state = new URLSearchParams(text);
  const platforms = state.get("platforms")?.split("|");
  for (const box of boxes) box.checked = !platforms || platforms.includes(box.value);
  const controls = { ...menu, ...days };
  for (const name of ["rule", "window", "from", "to"]) {
    const control = controls[name];
    if (!control) continue;
    control.value = state.get(name) ?? initial[name];
    // an unknown choice in the address is none
    if (!control.value || !control.validity.valid) control.value = initial[name];
  }
}

function changed() {
  history.replaceState(null, "", `#${address(root.dataset.tab)}`);
  filter();
}

// what is left as it is by filters that a chart, table or sentence does not follow
function filterNote(followed) {
  const kept = ["platforms", "days"].filter((name) => isChosen[name]() && !followed.includes(name));
  return kept.length ? `Of all ${kept.join(" and ")}.` : "";
}

const label = (control) => control.selectedOptions[0].textContent;
const chosenRule = () =>
  menu.rule && (isChosen.rule() || isChosen.window?.())
    ? `Shown: credited by ${label(menu.rule).toLowerCase()}` +
      (menu.window ? ` within ${label(menu.window)}.` : ".")
    : "";

function filter() {
  const shown = shownPlatforms();
  showReturns();
  for (const row of all("tr[data-platform]")) {
    row.hidden = shown !== null && !shown.includes(row.dataset.platform);
  }
  const state = byId("filter-state");
  if (state) {
    state.textContent = [
      menu.rule && label(menu.rule).toLowerCase(),
      menu.window && label(menu.window),
      boxes.length > 1 && (shown ? `${shown.length} of ${boxes.length} platforms` : "all platforms"),
      days.from && (isChosen.days() ? `${days.from.value} to ${days.to.value}` : "all days"),
    ].filter(Boolean).join(", ");
  }
  for (const block of all("[data-follows]")) {
    const title = block.dataset.finding === undefined ? "" : filterNote([]);
    const kept = filterNote(block.dataset.follows.split(" "));
    const note = kept || (title && `The title is ${title.toLowerCase()}`);
    for (const holder of all(".of-all", block)) {
      holder.textContent = note;
      holder.hidden = !note;
    }
  }
  for (const holder of all(".lead-scope")) {
    const note = filterNote([]);
    holder.textContent = note && `The text above is ${note.toLowerCase()}`;
    holder.hidden = !note;
  }
  for (const [key, { view }] of views) {
    if (view && payload.charts[key].filtered) view.signal("platforms", shown).runAsync();
  }
  showSums(shown);
  showTotals(shown);
}

function within(shown, from, to) {
  return daily.filter(
    (row) => row.day >= from && row.day <= to && (!shown || shown.includes(row.ad_platform)),
  );
}

function sum(rows, name) {
  const known = rows.map((row) => row[name]).filter((value) => value !== null);
  return known.length ? known.reduce((total, value) => total + value, 0) : null;
}

function showSums(shown) {
  if (!days.from) return;
  const rows = within(shown, days.from.value, days.to.value);
  for (const element of all("[id^=sum-]")) {
    const value = sum(rows, element.id.slice("sum-".length));
    element.value = value ?? "";
    element.textContent = value === null ? "-" : format(value, element.dataset.kind);
  }
  views.get("roi-weekly")?.view
    ?.signal("from_day", days.from.value).signal("to_day", days.to.value).runAsync();
}

/* The totals on the first screen */

function figures(rows) {
  const [spend, revenue, conversions] = ["spend", "revenue", "conversions"].map((name) =>
    sum(rows, name),
  );
  const hasReturn = spend > 0 && revenue !== null;
  return {
    spend, revenue, conversions,
    roi: hasReturn ? (revenue * payload.margin - spend) / spend : null,
    roas: hasReturn ? revenue / spend : null,
    cpa: spend > 0 && conversions > 0 ? spend / conversions : null,
  };
}

const shift = (day, by) => isoDay(Date.parse(day) + by * DAY);

function showTotals(shown) {
  if (!days.from) return;
  const [from, to] = [days.from.value, days.to.value];
  const isFiltered = shown !== null || isChosen.days();
  const length = (Date.parse(to) - Date.parse(from)) / DAY + 1;
  const start = shift(from, -length);
  const hasBefore = isChosen.days() && start >= initial.from;
  const now = figures(within(shown, from, to));
  const before = hasBefore ? figures(within(shown, start, shift(from, -1))) : {};
  for (const card of all("[data-total]")) {
    const name = card.dataset.total;
    const isAssumed = ["roi", "cpa"].includes(name) && card.querySelector(".simulated");
    if (isAssumed) continue;
    drawSpark(card.querySelector(".spark"), weeks(shown, from, to).map((week) => week[name]));
    card.dataset.initial ??= card.innerHTML;
    const [figure, limits, change] = ["figure", "limits", "change"].map((part) =>
      card.querySelector(`.${part}`),
    );
    if (!isFiltered) {
      const [one, two, three] = ["figure", "limits", "change"].map((part) => {
        const kept = new DOMParser().parseFromString(card.dataset.initial, "text/html");
        return [...kept.querySelector(`.${part}`).childNodes];
      });
      figure.replaceChildren(...one);
      limits.replaceChildren(...two);
      change.replaceChildren(...three);
    } else {
      const kind = figure.querySelector("data")?.dataset.kind ?? "money";
      writeFigure(figure, now[name], kind, name === "roi" ? now.roas : null);
      limits.replaceChildren();
      change.replaceChildren(...changeOf(name, now[name], before[name]));
    }
  }
  byId("totals-note").hidden = isFiltered;
}

function writeFigure(figure, value, kind, roas) {
  const currency = payload.currency && kind === "money" ? [element("small", {}, payload.currency), " "] : [];
  const beside = roas === null ? [] : [" ", element("small", {}, `ROAS ${format(roas, "roas")}`)];
  figure.replaceChildren(...(value === null ? ["-"] : [...currency, number(value, kind), ...beside]));
}

function changeOf(name, now, before) {
  if (now == null || before == null || (name !== "roi" && before === 0)) return [];
  return name === "roi"
    ? [number(now - before, "shift"), " points"]
    : [number(now / before - 1, "roi")];
}

// the sums of whole weeks
function weeks(shown, from, to) {
  const byWeek = new Map();
  for (const row of within(shown, from, to)) {
    if (row.week < from || row.week_end > to) continue;
    byWeek.set(row.week, [...(byWeek.get(row.week) ?? []), row]);
  }
  return [...byWeek.keys()].sort().map((week) => figures(byWeek.get(week)));
}

function drawSpark(svg, values) {
  const known = values.filter((value) => value !== null);
  svg.replaceChildren();
  if (known.length < 3) return;
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const points = values
    .map((value, place) => [place, value])
    .filter(([, value]) => value !== null)
    .map(([place, value]) => {
      const y = high > low ? 25 - (22 * (value - low)) / (high - low) : 14;
      return `${((100 * place) / (values.length - 1)).toFixed(1)},${y.toFixed(1)}`;
    });
  const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
  line.setAttribute("points", points.join(" "));
  svg.append(line);
}

/* Return by the rule and window chosen */

const returns = payload.returns;
const asRows = (lists) =>
  lists.map((list) =>
    Object.fromEntries(returns.fields.map((field, place) => [field, list[place] ?? null])),
  );
const isOtherWindow = () => Boolean(isChosen.window());
const ofRule = () => returns.rules[menu.rule?.value ?? initial.rule];

function platformRows() {
  if (!isOtherWindow()) return asRows(ofRule().platform);
  return asRows(returns.windows[menu.window.value][menu.rule.value] ?? []);
}

const RETURN_TABLES = {
  "rpt_platform_roi-table": "platform",
  "rpt_campaign_roi-table": "campaign",
};
let shownReturns = "";

function showReturns() {
  if (!menu.rule || !ofRule()) return;
  const state = `${menu.rule.value} ${menu.window?.value}`;
  if (state === shownReturns || (!shownReturns && !isChosen.rule() && !isOtherWindow())) return;
  shownReturns = state;
  const rule = ofRule();
  const words = isOtherWindow() ? otherWindow() : rule;
  for (const holder of all("#answer-roi .finding, [data-answer=roi]")) {
    writeMarked(holder, words.finding);
  }
  writeMarked(document.querySelector("#answer-roi .sentence"), words.brief);
  writeMarked(document.querySelector("#panel-roi .lead"), words.sentence);
  const titles = isOtherWindow() ? returns.topics : rule.titles;
  for (const [key, title] of Object.entries(titles)) {
    const holder = byId(`title-${key}`);
    if (holder) holder.firstChild.textContent = `${title} `;
  }
  for (const [id, level] of Object.entries(RETURN_TABLES)) {
    const table = byId(id);
    if (!table) continue;
    const rows = level === "platform" ? platformRows() : asRows(rule.campaign);
    const sums = level === "platform" && isOtherWindow() ? [] : asRows(rule[`${level}_summary`]);
    fillTable(table, rows, sums);
  }
  const mini = byId("mini-roi");
  if (mini) fillMini(mini, platformRows());
  for (const key of Object.keys(payload.charts)) {
    if (payload.charts[key].level) views.delete(key);
  }
  drawOpenTab();
}

// limits and verdicts are known within the build's own window only
function otherWindow() {
  const [top] = platformRows().filter((row) => row.roi !== null);
  const begin = `Within ${label(menu.window)} by ${label(menu.rule).toLowerCase()}`;
  if (!top) {
    const none = `${begin}: not known. This rule is known within ${initial.window} days only.`;
    return { finding: none, brief: none, sentence: none };
  }
  const finding = `${begin}: ${top.ad_platform} returns most, ROI \x02roi ${top.roi}\x03`;
  const brief = `Without intervals and verdicts: these are known within ${initial.window} days.`;
  const campaigns = `Campaigns are shown within ${initial.window} days.`;
  return { finding, brief, sentence: `${brief} ${campaigns}` };
}

function fillTable(table, rows, sums) {
  const columns = all("th", table).map(({ dataset }) => ({
    kind: dataset.kind, fields: dataset.fields.split(" "),
  }));
  for (const head of all("th", table)) head.removeAttribute("aria-sort");
  table.tBodies[0].replaceChildren(...rows.map((row) => tableRow(row, columns)));
  table.tFoot?.replaceChildren(...sums.map((row) => tableRow(row, columns)));
  writeTable(table);
  for (const row of table.tBodies[0].rows) row.dataset.platform = row.dataset.of;
}

function tableRow(row, columns) {
  const line = element("tr");
  line.dataset.of = row.ad_platform;
  for (const { kind, fields } of columns) {
    const [value, to] = fields.map((field) => row[field]);
    const cell = element("td");
    if (kind === "verdict") {
      cell.className = `verdict ${value ?? ""}`;
      cell.textContent = returns.verdicts[value] ?? "-";
    } else if (kind === "text") {
      cell.className = "t";
      cell.textContent = value ?? "-";
    } else {
      cell.dataset.v = value ?? "";
      if (fields.length > 1) cell.dataset.w = to ?? "";
      cell.textContent = "-";
    }
    line.append(cell);
  }
  return line;
}

function fillMini(mini, rows) {
  const lines = new Map(all("li", mini).map((line) => [line.querySelector(".label").textContent, line]));
  const known = rows.filter((row) => row.roi !== null && lines.has(row.ad_platform));
  const ends = [0, ...known.flatMap((row) => [row.roi, row.roi_low, row.roi_high])];
  const found = ends.filter((end) => end !== null);
  const [low, high] = [Math.min(...found), Math.max(...found)];
  const place = (value) => (high > low ? (100 * (value - low)) / (high - low) : 0);
  for (const row of known) {
    const line = lines.get(row.ad_platform);
    const bar = line.querySelector(".bar");
    if (bar) {
      bar.hidden = row.roi_low === null;
      bar.style.left = `${place(row.roi_low ?? 0)}%`;
      bar.style.width = `${place(row.roi_high ?? 0) - place(row.roi_low ?? 0)}%`;
    }
    line.querySelector(".mark").style.left = `${place(row.roi)}%`;
    const zero = line.querySelector(".zero");
    if (zero) zero.style.left = `${place(0)}%`;
    line.querySelector("data").replaceWith(number(row.roi, "roi"));
  }
  mini.querySelector("ul").append(...known.map((row) => lines.get(row.ad_platform)));
}

function useShownReturns(spec, level) {
  if (!shownReturns) return;
  const holder = [spec, ...(spec.layer ?? [])].find(({ data }) => data?.values?.[0]?.ad_platform);
  if (!holder) return;
  const drawn = new Set(holder.data.values.map((row) => row.label ?? row.ad_platform));
  const rows = (level === "platform" ? platformRows() : asRows(ofRule().campaign))
    .filter((row) => drawn.has(row.label) && row.roi !== null)
    .map((row) => ({ ...row, verdict: returns.verdicts[row.verdict] ?? "not judged" }));
  const spend = rows.reduce((total, row) => total + row.spend, 0);
  const revenue = rows.reduce((total, row) => total + row.revenue, 0);
  holder.data.values = rows.map((row) => ({
    ...row, spend_share: row.spend / spend, revenue_share: revenue ? row.revenue / revenue : null,
  }));
  if (spec.encoding?.y?.sort) spec.encoding.y.sort = rows.map((row) => row.label);
}

const ruleParts = (key) =>
  RETURN_TABLES[key] && shownReturns ? [menu.rule.value, `${menu.window?.value ?? ""}d`] : [];

// the rows of another rule, as the table shows them
function shownCsv(key) {
  if (!ruleParts(key).length) return undefined;
  const rows = RETURN_TABLES[key] === "platform" ? platformRows() : asRows(ofRule().campaign);
  const cell = (value) => {
    const text = String(value ?? "");
    const safe = typeof value === "string" && /^[=+\-@\t\r\n]/.test(text.normalize("NFKC")) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const lines = rows.map((row) => returns.fields.map((field) => cell(row[field])).join(","));
  return [returns.fields.join(","), ...lines, ""].join("\r\n");
}

/* Tabs and theme */

const tabs = all("[role=tab]");

function openTab(name, { focus = false } = {}) {
  const tab = tabs.find((candidate) => candidate.dataset.tab === name) ?? tabs[0];
  root.dataset.tab = tab.dataset.tab;
  for (const other of tabs) {
    other.setAttribute("aria-selected", other === tab);
    other.tabIndex = other === tab ? 0 : -1;
  }
  tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (focus) tab.focus();
  return drawOpenTab();
}

function applyTheme(theme) {
  chosenTheme = theme;
  root.dataset.theme = currentTheme();
  for (const button of all("button[data-theme]")) {
    button.setAttribute("aria-pressed", button.dataset.theme === theme);
  }
  return drawOpenTab();
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  const { tab, theme, csv, chart, format: type } = button.dataset;
  if (tab) location.hash = address(tab);
  if (theme) applyTheme(theme);
  if (csv) downloadTable(csv);
  if (chart) downloadChart(chart, type);
  if (button.parentNode.tagName === "TH") sortBy(button.parentNode);
  if (button.id === "filter-all" || button.id === "filter-none") {
    for (const box of boxes) box.checked = button.id === "filter-all";
    changed();
  }
  if (button.id === "reset") {
    readState("");
    changed();
  }
});

document.querySelector("[role=tablist]").addEventListener("keydown", (event) => {
  const moves = { ArrowLeft: -1, ArrowRight: 1, Home: -tabs.length, End: tabs.length };
  const move = moves[event.key];
  if (move === undefined) return;
  event.preventDefault();
  const current = tabs.findIndex((tab) => tab.getAttribute("aria-selected") === "true");
  const next = Math.abs(move) === 1
    ? (current + move + tabs.length) % tabs.length
    : Math.min(Math.max(current + move, 0), tabs.length - 1);
  history.replaceState(null, "", `#${address(tabs[next].dataset.tab)}`);
  openTab(tabs[next].dataset.tab, { focus: true });
});

for (const control of [...boxes, days.from, days.to, menu.rule, menu.window]) {
  control?.addEventListener("change", changed);
}

// `#tab`, `#tab?filters` or `#block?filters`, where a block is a chart or table
function followAddress() {
  const [place, state = ""] = location.hash.slice(1).split("?");
  readState(state);
  const block = document.getElementById(`block-${place}`);
  openTab(block ? block.closest("[role=tabpanel]").id.slice("panel-".length) : place);
  filter();
  if (block) block.scrollIntoView();
  else scrollTo(0, 0);
}
addEventListener("hashchange", followAddress);
isDark.addEventListener("change", () => applyTheme(chosenTheme));
new ResizeObserver(drawOpenTab).observe(document.getElementById("content"));
// only an open list prints, and a phone has no room for an open one
if (filterBox && innerWidth <= 820) filterBox.open = false;

writeNumbers();
followAddress();
