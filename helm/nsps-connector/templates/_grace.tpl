{{/* How long the pod has to end. */}}

{{/* Milliseconds of a duration such as 1m30s. */}}
{{- define "connector.millis" -}}
{{- $units := dict "d" 86400000 "h" 3600000 "m" 60000 "s" 1000 "ms" 1 -}}
{{- $millis := 0 -}}
{{- range regexFindAll "[0-9]+(ms|[dhms])" . -1 -}}
  {{- $number := regexFind "^[0-9]+" . -}}
  {{- $unit := trimPrefix $number . -}}
  {{- /* A leading zero would make it octal. */ -}}
  {{- $millis = add $millis (mul (int64 (regexReplaceAll "^0+(.)" $number "${1}")) (get $units $unit)) -}}
{{- end -}}
{{- $millis -}}
{{- end -}}

{{/* The same, of a setting, which may be an hour at most. */}}
{{- define "connector.pause" -}}
{{- $millis := include "connector.millis" (get .settings .key) -}}
{{- if gt (int64 $millis) 3600000 -}}
  {{- fail (printf "settings.%s: %s is too long, the connector takes 1h at most" .key (get .settings .key)) -}}
{{- end -}}
{{- $millis -}}
{{- end -}}

{{/* Seconds: after the delay, events may take their deadline, and the connector waits for its own grace. */}}
{{- define "connector.grace" -}}
{{- $settings := .Values.settings -}}
{{- $deadline := int64 (include "connector.pause" (dict "settings" $settings "key" "eventDeadline")) -}}
{{- $delay := int64 (include "connector.pause" (dict "settings" $settings "key" "shutdownDelay")) -}}
{{- $grace := int64 (include "connector.pause" (dict "settings" $settings "key" "shutdownGrace")) -}}
{{- if eq $deadline 0 -}}
  {{- fail "settings.eventDeadline: no event can be processed in no time; give a duration such as 25s" -}}
{{- end -}}
{{- if lt $grace $deadline -}}
  {{- fail (printf "settings.shutdownGrace: %s is shorter than settings.eventDeadline, %s: a shutdown would cut off events that would still have finished" $settings.shutdownGrace $settings.eventDeadline) -}}
{{- end -}}
{{- $given := .Values.terminationGracePeriodSeconds -}}
{{- if kindIs "invalid" $given -}}
  {{- add (div (add $delay $grace 999) 1000) 5 -}}
{{- else -}}
  {{- if le (mul (int64 $given) 1000) (add $delay $deadline) -}}
    {{- fail (printf "terminationGracePeriodSeconds: %d does not exceed settings.shutdownDelay + settings.eventDeadline, %s + %s: the pod would be killed with events in flight; leave it out, and the chart works it out" (int64 $given) $settings.shutdownDelay $settings.eventDeadline) -}}
  {{- end -}}
  {{- int64 $given -}}
{{- end -}}
{{- end -}}
