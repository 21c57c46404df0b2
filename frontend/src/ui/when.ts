/** Days in words, for a list that is ordered by time. */

import { strings } from "./strings";

const DAY = 24 * 60 * 60 * 1000;

/** Say how long ago a time was, as coarse as a heading should be. */
export function daysAgo(time: string, now: Date): string {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const moment = Date.parse(time);
  if (moment >= midnight) return strings.sidebar.today;
  if (moment >= midnight - DAY) return strings.sidebar.yesterday;
  if (moment >= midnight - 7 * DAY) return strings.sidebar.week;
  if (moment >= midnight - 30 * DAY) return strings.sidebar.month;
  return strings.sidebar.earlier;
}
