{{/* The name in labels, which take 63 characters: that of the test has a suffix. */}}
{{- define "stoa.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 58 | trimSuffix "-" -}}
{{- end -}}

{{/* The name of the objects: the release's, with the chart's where that is another. A Service takes 63 characters, suffix and all. */}}
{{- define "stoa.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 55 | trimSuffix "-" -}}
{{- else if contains (include "stoa.name" .) .Release.Name -}}
{{- .Release.Name | trunc 55 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "stoa.name" .) | trunc 55 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "stoa.selectorLabels" -}}
app.kubernetes.io/name: {{ include "stoa.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "stoa.labels" -}}
{{ include "stoa.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "stoa.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "stoa.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "stoa.image" -}}
{{- $path := default "stoa" .Values.image.repository -}}
{{- if .Values.image.registry -}}
{{- $path = printf "%s/%s" (trimSuffix "/" .Values.image.registry) $path -}}
{{- end -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $path .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $path (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Who a binding is for. */}}
{{- define "stoa.subjects" -}}
- kind: ServiceAccount
  name: {{ include "stoa.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}

{{/* What is needed wherever resources are read: in every namespace by a ClusterRole, or in single ones by Roles. */}}
{{- define "stoa.resourceRules" -}}
- apiGroups: [dns.stoa.dev]
  resources: [dynamicdnsrecords, nodepools, wanaddresses, dnsproviders]
  verbs: [list, watch]
- apiGroups: [dns.stoa.dev]
  resources: [dynamicdnsrecords/status, nodepools/status, wanaddresses/status, dnsproviders/status]
  verbs: [patch]
# The finalizer. Specs are never written.
- apiGroups: [dns.stoa.dev]
  resources: [dynamicdnsrecords, dnsproviders]
  verbs: [patch]
- apiGroups: [""]
  resources: [services]
  verbs: [list, watch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- if .Values.rbac.configMaps }}
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, create, update]
{{- end }}
{{- if not .Values.rbac.secrets }}
- apiGroups: [""]
  resources: [secrets]
  verbs: [list, watch]
{{- end }}
{{- end -}}

{{/* What would render, and then be refused by the API server or run otherwise than the rest of the release has it. */}}
{{- define "stoa.check" -}}
{{- if and .Values.page.enabled (eq (int .Values.page.port) (int .Values.metrics.port)) -}}
{{- fail (printf "page.port and metrics.port are both %d: give one of them another port" (int .Values.page.port)) -}}
{{- end -}}
{{- $env := dict "POD_NAME" "" "POD_NAMESPACE" "" "STOA_METRICS_PORT" "metrics.port" "STOA_PAGE_PORT" "page.port or page.enabled" -}}
{{- $env = merge $env (dict "STOA_DRY_RUN" "dryRun" "LOG_LEVEL" "log.level" "LOG_FORMAT" "log.format" "STOA_WATCH_NAMESPACES" "watchNamespaces") -}}
{{- $given := dict -}}
{{- range .Values.extraEnv -}}
{{- if hasKey $env .name -}}
{{- fail (printf "extraEnv has %s, which the chart sets itself: %s" .name (empty (get $env .name) | ternary "leave it out" (printf "use %s" (get $env .name)))) -}}
{{- else if hasKey $given .name -}}
{{- fail (printf "extraEnv has %s twice: leave out one of them" .name) -}}
{{- end -}}
{{- $_ := set $given .name true -}}
{{- end -}}
{{- $flags := dict "--metrics-port" "metrics.port" "--page-port" "page.port" "--watch-namespaces" "watchNamespaces" "--lease-name" "fullnameOverride" -}}
{{- range .Values.extraArgs -}}
{{- $flag := first (splitList "=" .) -}}
{{- if hasKey $flags $flag -}}
{{- fail (printf "extraArgs has %s, which the ports and rights of the chart would not follow: use %s" $flag (get $flags $flag)) -}}
{{- else if eq $flag "--lease-namespace" -}}
{{- fail "extraArgs has --lease-namespace, which the rights of the chart would not follow: the Lease is in the namespace of the release" -}}
{{- end -}}
{{- end -}}
{{- $namespaces := dict -}}
{{- range .Values.rbac.secrets -}}
{{- if hasKey $namespaces .namespace -}}
{{- fail (printf "rbac.secrets has namespace %s twice: put all names into one entry" .namespace) -}}
{{- end -}}
{{- $_ := set $namespaces .namespace true -}}
{{- end -}}
{{- end -}}
