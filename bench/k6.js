// k6.js - the same work for k6; the environment says which.
import http from 'k6/http';
import { check, sleep } from 'k6';

const env = __ENV;
const body = env.BODY ? open(env.BODY) : null;
const json = { headers: { 'Content-Type': 'application/json' } };

function load() {
  const vus = Number(env.VUS);
  if (env.RATE) {
    return { executor: 'constant-arrival-rate', rate: Number(env.RATE),
      timeUnit: '1s', duration: env.DURATION, preAllocatedVUs: vus };
  }
  if (env.COUNT) {
    return { executor: 'shared-iterations', vus,
      iterations: Number(env.COUNT) };
  }
  return { executor: 'constant-vus', vus, duration: env.DURATION,
    gracefulStop: '0s' };
}

export const options = {
  scenarios: { bench: load() },
  insecureSkipTLSVerify: true,
  discardResponseBodies: env.DISCARD === 'yes',
  summaryTrendStats: ['med', 'p(90)', 'p(99)'],
};

export default function () {
  if (env.WORK === 'idle') {
    if (env.REQUEST !== 'no') http.get(env.URL);
    sleep(600);
  } else if (body) {
    const res = http.post(env.URL, body, json);
    check(res, { 'id is 7': (r) => r.json('id') === 7 });
  } else {
    const res = http.get(env.URL);
    check(res, { 'status is 200': (r) => r.status === 200 });
  }
}

export function handleSummary(data) {
  const value = (metric, key) =>
    data.metrics[metric] ? data.metrics[metric].values[key] : 0;
  const figures = {
    requests: value('checks', 'passes'),
    failed: value('checks', 'fails'),
    asked: value('http_reqs', 'count'),
    seconds: data.state.testRunDurationMs / 1000,
    p50: value('http_req_duration', 'med'),
    p90: value('http_req_duration', 'p(90)'),
    p99: value('http_req_duration', 'p(99)'),
  };
  const lines = Object.keys(figures).map((k) => `figure ${k} ${figures[k]}\n`);
  return { stdout: lines.join('') };
}
