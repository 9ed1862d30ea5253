export { LiveRunner, type LiveRunnerOptions } from './runner/live-runner.ts'
export { forecast, type Forecast, type ModelForecast } from './runner/forecast.ts'
export { readPublished } from './runner/published-models.ts'
