//go:build tools

package rollouts

import _ "github.com/argoproj/argo-rollouts/cmd/rollouts-controller"
