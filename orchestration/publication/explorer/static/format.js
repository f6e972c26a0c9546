// Numbers as each language writes them. Belongs here: how a value of an indicator reads. Does not: which is shown.
"use strict";
{
  const { language } = Explorer;
  const number = digits => new Intl.NumberFormat(language, { maximumFractionDigits: digits });
  const formats = [number(0), number(1), number(2)];
  const percent = language === "fr" ? "\u202f%" : "%";
  const minus = text => text.replace(/^-/, "\u2212");

  Explorer.count = value => formats[0].format(value);

  // How values of an indicator (and statistic) read: `value` in full, `bare` without its sign, `signed` a difference.
  Explorer.format = (indicator, subject) => {
    const ratio = subject === "ratio" || subject === "odds_ratio";
    const points = subject === "difference";
    const share = indicator.share || points;
    const bare = value => minus(formats[ratio ? 2 : 1].format(share ? 100 * value : value));
    return {
      share,
      bare,
      value: value => bare(value) + (indicator.share ? percent : ""),
      signed: value => (value > 0 ? "+" : "") + bare(value),
      interval: (low, high) => `[${bare(low)}${language === "fr" ? "\u202f; " : ", "}${bare(high)}]`,
      unit: indicator.share ? Explorer.t("unit.share") : points ? Explorer.t("points") : indicator[language].unit,
    };
  };

  // Round steps that cover an interval, at most so many: ticks of an axis, bounds of a map's classes.
  Explorer.steps = (low, high, most) => {
    const span = high - low || Math.abs(high) || 1;
    const rough = span / most;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].map(factor => factor * power).find(candidate => candidate >= rough * 0.999);
    const first = Math.floor(low / step + 1e-9), last = Math.ceil(high / step - 1e-9);
    return Array.from({ length: Math.max(last - first, 1) + 1 }, (_, i) => +((first + i) * step).toPrecision(10));
  };
}
